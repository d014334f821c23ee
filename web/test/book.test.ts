import { describe, expect, it } from "vitest";
import { applied, bookOf, checksum, levelAt, levelIndex, totals, updated } from "../src/book";
import { crc32 } from "../src/crc32";
import type { Level } from "../src/wire";

const BIDS: Level[] = [["7934.5", "100"], ["7934.0", "50"]];
const ASKS: Level[] = [["7935.0", "10"]];

describe("SERV-005 checksum of a book", () => {
  it("is CRC-32 as in zlib", () => {
    expect(crc32("")).toBe(0);
    expect(crc32("123456789")).toBe(0xcbf43926);
  });
  it("comes to the number of the worked example", () => {
    expect(crc32("7934.5:100:7935.0:10:7934.0:50")).toBe(3473970962);
    expect(checksum(BIDS, ASKS)).toBe(3473970962);
  });
  it("looks at 25 levels and no more", () => {
    const many: Level[] = Array.from({ length: 30 }, (_, i) => [String(100 - i), "1"]);
    expect(checksum(many, [])).toBe(checksum(many.slice(0, 25), []));
    expect(checksum(many, [])).not.toBe(checksum(many.slice(0, 24), []));
  });
});

describe("SERV-004 deltas of a book", () => {
  it("puts new levels where they belong, changes known ones and takes out empty ones", () => {
    const after = applied(BIDS, [["7934.5", "0"], ["7934.0", "70"], ["7933.5", "5"], ["7936.0", "1"]], -1);
    expect(after).toEqual([["7936.0", "1"], ["7934.0", "70"], ["7933.5", "5"]]);
    expect(applied(ASKS, [["7934.9", "3"], ["7940", "2"]], 1)).toEqual([["7934.9", "3"], ["7935.0", "10"], ["7940", "2"]]);
  });
  it("takes a size of zero for a level that is not there", () => {
    expect(applied(ASKS, [["8000.0", "0"]], 1)).toEqual(ASKS);
  });
  it("compares prices as numbers, not as text", () => {
    expect(applied([["10000.0", "1"], ["9999.5", "1"]], [["9999.5", "2"]], -1)).toEqual([["10000.0", "1"], ["9999.5", "2"]]);
  });
  it("says when the book no longer is the venue's", () => {
    const book = bookOf({ bids: BIDS, asks: ASKS, checksum: 3473970962 });
    expect(book.verified).toBe(true);
    const bids: Level[] = [["7934.5", "90"]];
    const right = checksum([["7934.5", "90"], ["7934.0", "50"]], ASKS);
    expect(updated(book, { bids, asks: [], checksum: right }).verified).toBe(true);
    expect(updated(book, { bids, asks: [], checksum: right ^ 1 }).verified).toBe(false);
  });
  it("agrees with a book made anew after a long random walk", () => {
    let seed = 7;
    const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
    const truth = new Map<string, string>();
    let levels: Level[] = [];
    for (let i = 0; i < 2000; i++) {
      const price = (7000 + Math.floor(random() * 200) * 0.5).toFixed(1);
      const size = random() < 0.4 ? "0" : String(1 + Math.floor(random() * 1000));
      if (size === "0") truth.delete(price);
      else truth.set(price, size);
      levels = applied(levels, [[price, size]], 1);
    }
    expect(levels).toEqual([...truth].sort((a, b) => Number(a[0]) - Number(b[0])));
  });
  it("sums sizes and finds levels for the ladder", () => {
    expect(totals(BIDS)).toEqual([100, 150]);
    expect(levelIndex(BIDS, "7934.00")).toBe(1);
    expect(levelIndex(BIDS, "1")).toBe(-1);
  });
});

describe("a cursor on the book", () => {
  const rows = [{ price: "7936.0" }, { price: "7935.0" }, { price: "7933.0" }];
  it("stays on its price, and goes to the nearest level when that one leaves", () => {
    expect(levelAt(rows, "7935.0")).toBe(1);
    expect(levelAt(rows, "7933.5")).toBe(2);
    expect(levelAt(rows, "9000")).toBe(0);
  });
  it("is nowhere without a price or without a book", () => {
    expect(levelAt(rows, null)).toBe(-1);
    expect(levelAt([], "7935.0")).toBe(-1);
  });
});
