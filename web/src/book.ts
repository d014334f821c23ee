/** A book kept from a snapshot and deltas, and verified by its checksum after each (SERV-004, SERV-005). */
import { crc32 } from "./crc32";
import { compare } from "./decimal";
import type { Decimal, Depth, Level } from "./wire";

export const CHECKED_LEVELS = 25;

export interface Book { bids: Level[]; asks: Level[]; verified: boolean }

export function checksum(bids: Level[], asks: Level[]): number {
  const texts: string[] = [];
  for (let i = 0; i < CHECKED_LEVELS; i++) {
    const bid = bids[i];
    const ask = asks[i];
    if (bid) texts.push(bid[0], bid[1]);
    if (ask) texts.push(ask[0], ask[1]);
  }
  return crc32(texts.join(":"));
}

/** ``levels`` (best first) with the changed ones put in, or taken out where the size is "0". ``order`` is 1 for asks, -1 for bids. */
export function applied(levels: Level[], changes: Level[], order: 1 | -1): Level[] {
  if (changes.length === 0) return levels;
  const result = levels.slice();
  for (const change of changes) {
    let low = 0;
    let high = result.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(result[middle]![0], change[0]) * order < 0) low = middle + 1;
      else high = middle;
    }
    const found = low < result.length && compare(result[low]![0], change[0]) === 0;
    if (Number(change[1]) === 0) {
      if (found) result.splice(low, 1);
    } else result.splice(low, found ? 1 : 0, change);
  }
  return result;
}

export function bookOf(depth: Depth): Book {
  return { bids: depth.bids, asks: depth.asks, verified: checksum(depth.bids, depth.asks) === depth.checksum };
}

export function updated(book: Book, delta: Depth): Book {
  const bids = applied(book.bids, delta.bids, -1);
  const asks = applied(book.asks, delta.asks, 1);
  return { bids, asks, verified: checksum(bids, asks) === delta.checksum };
}

/** Running totals of sizes, best level first, as plain numbers: widths of bars. */
export function totals(levels: Level[]): number[] {
  let sum = 0;
  return levels.map(([, size]) => (sum += Number(size)));
}

/** Where a price stands among levels (best first), or -1. */
export function levelIndex(levels: Level[], price: Decimal): number {
  return levels.findIndex(([at]) => at === price || compare(at, price) === 0);
}

/** The level at a price or, where it has left the book meanwhile, the nearest one: a cursor never points at nothing. */
export function levelAt(rows: { price: string }[], price: string | null): number {
  if (price === null || rows.length === 0) return -1;
  const exact = rows.findIndex((row) => row.price === price);
  if (exact >= 0) return exact;
  const away = (index: number) => Math.abs(Number(rows[index]!.price) - Number(price));
  return rows.reduce((best, _, index) => (away(index) < away(best) ? index : best), 0);
}
