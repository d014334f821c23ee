/** The order being written: fields as typed, the question they make for the node, and the node's answer. No money is computed here. */
import { computed, effect, signal } from "@preact/signals";
import { compare, isDecimal, isZero, multiply } from "../decimal";
import { asError } from "../parts/request";
import { post } from "../rest";
import type { MarginMode, Order, OrderType, Position, Preview, PreviewRequest, Side, Source, Target, VenueError, Wallet } from "../wire";
import { channel, socket } from "./link";
import { signedIn } from "./session";
import { instrument, pickedPrice, remember, symbol } from "./ui";

function kept<T>(key: string, fallback: T) {
  let first = fallback;
  try {
    const text = localStorage.getItem(`steelyard.ticket.${key}`);
    if (text !== null) first = JSON.parse(text) as T;
  } catch {
    /* as the fallback says */
  }
  const own = signal<T>(first);
  effect(() => remember(`ticket.${key}`, own.value));
  return own;
}

export interface TargetDraft { price: string; share: string }

export const ticket = {
  side: signal<Side>("buy"),
  type: kept<OrderType>("type", "market"),
  sizeBy: kept<"risk" | "size">("sizeBy", "risk"),
  riskUnit: kept<"percent" | "cash">("riskUnit", "percent"),
  risk: kept("risk", "1"),
  size: signal(""),
  price: signal(""),
  triggerPrice: signal(""),
  triggerSource: signal<Source>("mark"),
  trailOffset: signal(""),
  leverage: kept("leverage", "10"),
  marginMode: kept<MarginMode>("marginMode", "isolated"),
  stopPrice: signal(""),
  stopSource: signal<Source>("mark"),
  targets: signal<TargetDraft[]>([]),
  ladder: signal(false),
  timeInForce: signal<"gtc" | "ioc" | "fok">("gtc"),
  postOnly: signal(false),
  reduceOnly: signal(false),
};

export const isTrigger = computed(() => ticket.type.value !== "limit" && ticket.type.value !== "market");
export const hasPrice = computed(() => ["limit", "stop_limit", "take_profit_limit"].includes(ticket.type.value));
export const wallet = computed(() => {
  const asset = instrument.value?.settlement;
  return channel<Wallet[]>("wallet").value?.find((one) => one.asset === asset) ?? null;
});
export const position = computed(() => channel<Position[]>("positions").value?.find((one) => one.symbol === symbol.value) ?? null);

/** Cash to lose at the stop, as the node is asked for it: typed, or a share of the wallet's equity. */
export const riskCash = computed<string | null>(() => {
  const typed = ticket.risk.value.trim();
  if (!isDecimal(typed) || !(compare(typed, "0") > 0)) return null;
  if (ticket.riskUnit.value === "cash") return typed;
  const own = wallet.value;
  const terms = instrument.value;
  if (!own || !terms) return null;
  const amount = multiply(own.total_equity ?? own.equity, multiply(typed, "0.01", 10), terms.decimals.cash);
  return compare(amount, "0") > 0 ? amount : null;
});

const filled = (text: string) => (isDecimal(text) && !isZero(text) ? text.trim() : undefined);

/** What is still missing before the node can be asked, in words; null when nothing is. */
export const missing = computed<string | null>(() => {
  const type = ticket.type.value;
  if (hasPrice.value && !filled(ticket.price.value)) return "Enter a price, or click one in the book.";
  if (type === "trailing_stop") {
    if (!filled(ticket.trailOffset.value)) return "Enter how far the stop trails behind.";
  } else if (isTrigger.value && !filled(ticket.triggerPrice.value)) return "Enter the price that triggers the order.";
  if (ticket.sizeBy.value === "risk" && !isTrigger.value) {
    if (!filled(ticket.stopPrice.value)) return "Enter a stop: the size follows from what you lose there.";
    if (riskCash.value === null) return "Enter how much you are ready to lose.";
  } else if (!filled(ticket.size.value)) return "Enter a size.";
  return null;
});

function targetsDrafted(): Target[] {
  return ticket.targets.value.flatMap(({ price, share }) =>
    filled(price) && filled(share) ? [{ price: price.trim(), share: multiply(share, "0.01", 6) }] : []);
}

export const question = computed<PreviewRequest | null>(() => {
  const name = symbol.value;
  if (!name || missing.value) return null;
  const trigger = isTrigger.value;
  const asked: PreviewRequest = {
    symbol: name, side: ticket.side.value, type: ticket.type.value,
    leverage: filled(ticket.leverage.value) ?? "0", margin_mode: ticket.marginMode.value,
  };
  if (hasPrice.value) asked.price = ticket.price.value.trim();
  if (trigger && ticket.type.value !== "trailing_stop") asked.trigger_price = ticket.triggerPrice.value.trim();
  if (ticket.sizeBy.value === "risk" && !trigger) asked.risk = riskCash.value!;
  else asked.size = ticket.size.value.trim();
  if (!trigger && filled(ticket.stopPrice.value)) {
    asked.stop_price = ticket.stopPrice.value.trim();
    asked.stop_source = ticket.stopSource.value;
    const targets = targetsDrafted();
    if (targets.length) asked.targets = targets;
  }
  if (ticket.postOnly.value && hasPrice.value) asked.post_only = true;
  if (ticket.reduceOnly.value) asked.reduce_only = true;
  if (ticket.timeInForce.value !== "gtc" && hasPrice.value && !trigger) asked.time_in_force = ticket.timeInForce.value;
  return asked;
});

export interface Answered { for: string; preview: Preview | null; error: VenueError | null }
export const answered = signal<Answered | null>(null);
export const previewIsCurrent = computed(() => question.value !== null && answered.value?.for === JSON.stringify(question.value));

const DEBOUNCE_MS = 120;
const REFRESH_MS = 1_000;
let timer = 0;
let asking = false;

async function ask(): Promise<void> {
  const now = question.peek();
  if (!now || asking || socket.link.peek() !== "live" || !signedIn.peek()) return;
  const text = JSON.stringify(now);
  asking = true;
  try {
    answered.value = { for: text, preview: await socket.ask<Preview>("preview", now), error: null };
  } catch (error) {
    answered.value = { for: text, preview: null, error: asError(error) };
  } finally {
    asking = false;
    if (JSON.stringify(question.peek()) !== text) schedule(DEBOUNCE_MS);
  }
}

function schedule(wait: number): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => void ask(), wait);
}

/** Keeps the preview true while the ticket is on the screen: after each change, and once a second as the market moves. */
export function keepPreviewing(): () => void {
  const end = effect(() => { if (question.value && signedIn.value && socket.link.value === "live") schedule(DEBOUNCE_MS); });
  const refresh = window.setInterval(() => { if (document.visibilityState !== "hidden") void ask(); }, REFRESH_MS);
  return () => { end(); window.clearInterval(refresh); window.clearTimeout(timer); };
}

effect(() => {
  const picked = pickedPrice.value;
  if (!picked) return;
  ticket.price.value = picked.price;
  if (ticket.type.peek() === "market") ticket.type.value = "limit";
});

/** Send what the preview describes. The size sent is the one the node answered with, so nothing else than what was shown is placed. */
export async function place(): Promise<Order> {
  const asked = question.peek();
  const preview = answered.peek()?.preview;
  if (!asked || !preview) throw new Error("There is nothing to send yet.");
  const held = position.peek();
  const reducing = asked.reduce_only === true;
  if (!reducing) {
    if (held?.margin_mode !== asked.margin_mode) await post(`positions/${asked.symbol}/margin_mode`, { margin_mode: asked.margin_mode });
    if (!held || held.leverage !== asked.leverage) await post(`positions/${asked.symbol}/leverage`, { leverage: asked.leverage });
  }
  const { leverage: _leverage, margin_mode: _mode, risk: _risk, ...order } = asked;
  const trigger = isTrigger.peek();
  return socket.ask<Order>("order.place", {
    ...order, size: asked.size ?? preview.size,
    ...(trigger ? { trigger_source: ticket.triggerSource.peek() } : {}),
    ...(ticket.type.peek() === "trailing_stop" ? { trail_offset: ticket.trailOffset.peek().trim() } : {}),
    ...(asked.targets && ticket.ladder.peek() ? { ladder: "trail_targets" } : {}),
    client_order_id: `web-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`,
  });
}

/** After an order is taken, what belonged to it alone is cleared. */
export function clearAfterPlacing(): void {
  ticket.stopPrice.value = "";
  ticket.targets.value = [];
  ticket.size.value = "";
  ticket.triggerPrice.value = "";
}
