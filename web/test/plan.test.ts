import { describe, expect, it } from "vitest";
import { KINDS, kindOf } from "../src/pages/plan/fields";
import { bodyOf, isComplete, queryOf, Unreadable, valuesOf } from "../src/pages/plan/question";
import { scaleOf, short } from "../src/pages/plan/PlanChart";

describe("a plan's question", () => {
  it("leaves out what is empty or as usual, and keeps the venue", () => {
    const spec = kindOf("liq")!;
    expect(bodyOf(spec, { venue: "bitmex", side: "long", entry: " 60000 ", size: "100", leverage: "", funding_rate: "0" })).toEqual({ venue: "bitmex", entry: "60000", size: "100" });
    expect(bodyOf(spec, { side: "short", entry: "1", size: "2" })).toEqual({ side: "short", entry: "1", size: "2" });
  });
  it("reads positions, orders and steps from lines, and lists from commas", () => {
    const liq = bodyOf(kindOf("liq")!, { entry: "1", size: "2", positions: "ETHUSD long 100 @ 3000 mark 2950\n\nXBTUSDT short 5 @ 60000 leverage 10", orders: "buy 100 @ 59000" });
    expect(liq.positions).toEqual([{ symbol: "ETHUSD", side: "long", size: "100", entry: "3000", mark: "2950" }, { symbol: "XBTUSDT", side: "short", size: "5", entry: "60000", leverage: "10" }]);
    expect(liq.orders).toEqual([{ side: "buy", size: "100", price: "59000" }]);
    expect(bodyOf(kindOf("ladder")!, { steps: "62000 0.5\n65000 0.5" }).steps).toEqual([{ price: "62000", share: "0.5" }, { price: "65000", share: "0.5" }]);
    expect(bodyOf(kindOf("decay")!, { prices: "100, 110\n90" }).prices).toEqual(["100", "110", "90"]);
  });
  it("says which line cannot be read", () => {
    expect(() => bodyOf(kindOf("liq")!, { orders: "buy 100" })).toThrow(Unreadable);
    expect(() => bodyOf(kindOf("liq")!, { positions: "ETHUSD long 100 @ 3000 marc 2950" })).toThrow(/SYMBOL long\|short/);
  });
  it("comes back from its link as it was", () => {
    for (const spec of KINDS) {
      const again = valuesOf(spec, queryOf(spec, spec.example));
      expect(bodyOf(spec, again)).toEqual(bodyOf(spec, spec.example));
    }
    const liq = kindOf("liq")!;
    const values = { entry: "1", size: "2", positions: "ETHUSD long 100 @ 3000 mark 2950", orders: "buy 100 @ 59000\nsell 5 @ 61000" };
    expect(valuesOf(liq, queryOf(liq, values))).toEqual(values);
  });
  it("takes a link of the command line", () => {
    const values = valuesOf(kindOf("size")!, "entry=7900&venue=bitmex&as_of=2020-03-12&risk=1+%25&stop=7700&unknown=1");
    expect(values).toEqual({ entry: "7900", venue: "bitmex", as_of: "2020-03-12", risk: "1 %", stop: "7700" });
  });
  it("is complete with all that must be given; every example is", () => {
    expect(KINDS.every((spec) => isComplete(spec, spec.example))).toBe(true);
    expect(isComplete(kindOf("size")!, { entry: "1", stop: "2" })).toBe(false);
  });
});

describe("a plan's picture", () => {
  it("puts the ends of its values at the ends of its box", () => {
    const scale = scaleOf({ x: "price", y: "XBT", prices: ["10", "20"], series: [{ name: "pnl", values: ["-1", "3"] }], lines: [] }, 500, 280);
    expect([scale.x(10), scale.x(20), scale.y(3), scale.y(-1)]).toEqual([66, 488, 34, 258]);
  });
  it("stands a flat line and a missing value", () => {
    const scale = scaleOf({ x: "t", y: "y", prices: ["1", "1"], series: [{ name: "a", values: ["5", null] }], lines: [] }, 500, 280);
    expect(scale.low).toBeLessThan(5);
    expect(Number.isFinite(scale.x(1))).toBe(true);
  });
  it("writes few digits", () => {
    expect([short(60_000), short(0.0123456), short(-12.345), short(0)]).toEqual(["60,000", "0.0123", "−12.35", "0"]);
  });
});
