/** How each channel's messages become what is shown (SERV-004). Undefined from a reducer means: nothing to show yet. */
import { bookOf, updated, type Book } from "../book";
import { isZero } from "../decimal";
import { checks } from "./checks";
import type { Candle, Depth, Fill, Notice, Order, Position, PublicLiquidation, Risk, StreamMessage, Trade, Wallet } from "../wire";

export type Reducer = (before: any, message: StreamMessage, again: () => void) => unknown;

export const KEPT = { trades: 100, fills: 100, notices: 50, liquidations: 100, candles: 500 };

const list = <T>(data: unknown): T[] => (Array.isArray(data) ? (data as T[]) : data === null || data === undefined ? [] : [data as T]);

/** The latest value, whole. */
const whole: Reducer = (_before, message) => message.data;

/** Newest first, bounded; the wire's order is oldest first or newest first, told by time. */
function newest<T extends { time: number; id: string }>(limit: number): Reducer {
  return (before: T[] | undefined, message) => {
    const items = list<T>(message.data);
    const ordered = items.length > 1 && items[0]!.time <= items[items.length - 1]!.time ? items.slice().reverse() : items;
    if (message.type === "snapshot" || !before) return ordered.slice(0, limit);
    const ids = new Set(ordered.map((item) => item.id));
    return [...ordered, ...before.filter((item) => !ids.has(item.id))].slice(0, limit);
  };
}

/** Things by a key; a changed one replaces, an ended one leaves. */
function keyed<T>(key: (item: T) => string, ended: (item: T) => boolean): Reducer {
  return (before: T[] | undefined, message) => {
    const items = list<T>(message.data);
    if (message.type === "snapshot" || !before) return items.filter((item) => !ended(item));
    const changed = new Map(items.map((item) => [key(item), item]));
    const result = before.map((item) => {
      const fresh = changed.get(key(item));
      changed.delete(key(item));
      return fresh ?? item;
    });
    return [...result, ...changed.values()].filter((item) => !ended(item));
  };
}

const depth: Reducer = (before: Book | undefined, message, again) => {
  const data = message.data as Depth;
  const book = message.type === "snapshot" || !before ? bookOf(data) : updated(before, data);
  checks.books += 1;
  if (!book.verified) {
    checks.mismatches += 1;
    again();
  }
  return book;
};

export interface Candles { items: Candle[]; changed: Candle | null }

export function candles(before: Candles | undefined, message: StreamMessage): Candles {
  const items = list<Candle>(message.data);
  if (message.type === "snapshot" || !before) {
    return { items: items.slice().sort((a, b) => a.time - b.time).slice(-KEPT.candles), changed: null };
  }
  const result = before.items.slice();
  for (const candle of items) {
    const last = result[result.length - 1];
    if (last && last.time === candle.time) result[result.length - 1] = candle;
    else if (!last || candle.time > last.time) result.push(candle);
    else {
      const at = result.findIndex((other) => other.time === candle.time);
      if (at >= 0) result[at] = candle;
    }
  }
  return { items: result.slice(-KEPT.candles * 2), changed: items.length === 1 ? items[0]! : null };
}

/** Entries by a key that is a number, ascending: changed ones replace, one that is its key alone goes. */
function merged(before: Record<string, string>[], changed: Record<string, string>[], key: string): Record<string, string>[] {
  const entries = new Map(before.map((entry) => [entry[key]!, entry]));
  for (const entry of changed) {
    if (Object.keys(entry).length === 1) entries.delete(entry[key]!);
    else entries.set(entry[key]!, entry);
  }
  return [...entries.values()].sort((a, b) => Number(a[key]) - Number(b[key]));
}

/** The whole desk, then its changed fields; of long lists what changed in them (MKTV-018). */
export const risk: Reducer = (before: Risk | undefined, message) => {
  if (message.type === "snapshot" || !before) return message.data;
  const { insurance_fund_kept: kept, ...changed } = message.data as Partial<Risk> & { insurance_fund_kept?: number };
  for (const [name, key] of [["liquidation_levels", "price"], ["depth_levels", "price"], ["leverage_histogram", "leverage"]] as const) {
    const list = changed[name] as Record<string, string>[] | undefined;
    if (list) (changed as Record<string, unknown>)[name] = merged(before[name] as unknown as Record<string, string>[], list, key);
  }
  if (changed.insurance_fund) changed.insurance_fund = [...before.insurance_fund.slice(0, kept), ...changed.insurance_fund];
  return { ...before, ...changed };
};

const BY_KIND: Record<string, Reducer> = {
  ticker: whole, risk, status: whole, replay: whole, depth, candles,
  trades: newest<Trade>(KEPT.trades),
  liquidations: newest<PublicLiquidation>(KEPT.liquidations),
  fills: newest<Fill>(KEPT.fills),
  notices: newest<Notice>(KEPT.notices),
  orders: keyed<Order>((order) => order.order_id, (order) => order.state !== "open" && order.state !== "waiting"),
  positions: keyed<Position>((position) => position.symbol, (position) => isZero(position.size)),
  wallet: keyed<Wallet>((wallet) => wallet.asset, () => false),
};

export function reducerOf(channel: string): Reducer {
  return BY_KIND[channel.split(".")[0]!] ?? whole;
}
