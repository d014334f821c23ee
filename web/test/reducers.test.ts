import { describe, expect, it, vi } from "vitest";
import { candles, KEPT, reducerOf } from "../src/store/reducers";
import { checksum, type Book } from "../src/book";
import type { Candle, StreamMessage } from "../src/wire";

const message = (channel: string, type: "snapshot" | "delta", data: unknown, sequence = 1): StreamMessage => ({ channel, sequence, type, time: 0, data });
const nothing = () => undefined;

describe("SERV-004 channels become what is shown", () => {
  it("keeps trades newest first and bounded, each once", () => {
    const reduce = reducerOf("trades.XBTUSD");
    const trade = (i: number) => ({ id: String(i), price: "1", size: "1", side: "buy", liquidation: false, time: i });
    const first = reduce(undefined, message("trades.XBTUSD", "snapshot", [trade(1), trade(2), trade(3)]), nothing) as { id: string }[];
    expect(first.map((one) => one.id)).toEqual(["3", "2", "1"]);
    const next = reduce(first, message("trades.XBTUSD", "delta", [trade(3), trade(4)]), nothing) as { id: string }[];
    expect(next.map((one) => one.id)).toEqual(["4", "3", "2", "1"]);
    const many = reduce(next, message("trades.XBTUSD", "delta", Array.from({ length: 200 }, (_, i) => trade(10 + i))), nothing) as unknown[];
    expect(many).toHaveLength(KEPT.trades);
  });
  it("lets ended orders and closed positions go", () => {
    const orders = reducerOf("orders");
    const open = orders(undefined, message("orders", "snapshot", [{ order_id: "1", state: "open" }, { order_id: "2", state: "waiting" }]), nothing) as unknown[];
    expect(open).toHaveLength(2);
    expect(orders(open, message("orders", "delta", [{ order_id: "1", state: "filled" }, { order_id: "3", state: "open" }]), nothing)).toEqual([{ order_id: "2", state: "waiting" }, { order_id: "3", state: "open" }]);
    const positions = reducerOf("positions");
    expect(positions([{ symbol: "A", size: "5" }], message("positions", "delta", [{ symbol: "A", size: "0" }]), nothing)).toEqual([]);
  });
  it("asks again for a book whose checksum does not match", () => {
    const reduce = reducerOf("depth.XBTUSD");
    const again = vi.fn();
    const sum = checksum([["1.0", "5"]], []);
    const book = reduce(undefined, message("depth.XBTUSD", "snapshot", { bids: [["1.0", "5"]], asks: [], checksum: sum }), again) as Book;
    expect([book.verified, again.mock.calls.length]).toEqual([true, 0]);
    const bad = reduce(book, message("depth.XBTUSD", "delta", { bids: [["0.5", "5"]], asks: [], checksum: 1 }, 2), again) as Book;
    expect([bad.verified, again.mock.calls.length]).toEqual([false, 1]);
  });
  it("keeps of the risk desk what did not change, and of the fund's series what stays", () => {
    const reduce = reducerOf("risk.XBTUSD");
    const point = (time: number) => ({ time, value: "1" });
    const desk = reduce(undefined, message("risk.XBTUSD", "snapshot", { bad_debt: "0", insurance_fund: [point(1), point(2)] }), nothing);
    const next = reduce(desk, message("risk.XBTUSD", "delta", { insurance_fund: [point(3)], insurance_fund_kept: 1 }, 2), nothing);
    expect(next).toEqual({ bad_debt: "0", insurance_fund: [point(1), point(3)] });
    const levels = reduce({ ...next as object, depth_levels: [{ price: "9", size: "1" }, { price: "100", size: "2" }] }, message("risk.XBTUSD", "delta", { depth_levels: [{ price: "10", size: "3" }, { price: "9" }] }, 3), nothing) as { depth_levels: unknown };
    expect(levels.depth_levels).toEqual([{ price: "10", size: "3" }, { price: "100", size: "2" }]);
    expect(reduce(next, message("risk.XBTUSD", "delta", { bad_debt: "5" }, 3), nothing)).toEqual({ bad_debt: "5", insurance_fund: [point(1), point(3)] });
  });
  it("replaces the candle that changed and adds the next", () => {
    const candle = (time: number, close: string) => ({ time, close }) as Candle;
    const start = candles(undefined, message("candles", "snapshot", [candle(2, "b"), candle(1, "a")]));
    expect(start.items.map((one) => one.time)).toEqual([1, 2]);
    const changed = candles(start, message("candles", "delta", candle(2, "c")));
    expect(changed.items.map((one) => one.close)).toEqual(["a", "c"]);
    expect(changed.changed?.close).toBe("c");
    expect(candles(changed, message("candles", "delta", [candle(3, "d")])).items).toHaveLength(3);
  });
});
