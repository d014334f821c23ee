/** What this browser has chosen: page, instrument, theme, what is open. */
import { computed, effect, signal } from "@preact/signals";
import { get } from "../rest";
import type { Instrument, Decimal, Status } from "../wire";

function remembered<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`steelyard.${key}`);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
}

export function remember(key: string, value: unknown): void {
  try {
    localStorage.setItem(`steelyard.${key}`, JSON.stringify(value));
  } catch {
    /* private mode: forgotten with the tab */
  }
}

// ---------------------------------------------------------------- route
const path = signal(location.hash.replace(/^#\/?/, ""));
window.addEventListener("hashchange", () => { path.value = location.hash.replace(/^#\/?/, ""); });
export const route = computed(() => {
  const [page = "", ...rest] = path.value.split("?")[0]!.split("/").map(decodeURIComponent);
  return { page: page || "trade", rest };
});
/** What follows the question mark in the address: a page's own question. */
export const query = computed(() => { const at = path.value.indexOf("?"); return at < 0 ? "" : path.value.slice(at + 1); });
export function go(to: string): void {
  location.hash = `#/${to}`;
}

// ---------------------------------------------------------------- instruments
export const instruments = signal<Instrument[] | null>(null);
export const instrumentsError = signal<string | null>(null);
export const chosenSymbol = signal<string>(remembered("symbol", ""));
export const symbol = computed(() => {
  const all = instruments.value ?? [];
  return all.find((one) => one.symbol === chosenSymbol.value)?.symbol ?? all[0]?.symbol ?? null;
});
export const instrument = computed(() => instruments.value?.find((one) => one.symbol === symbol.value) ?? null);
export function instrumentOf(name: string): Instrument | null {
  return instruments.value?.find((one) => one.symbol === name) ?? null;
}

export async function loadInstruments(): Promise<void> {
  try {
    const answer = await get<{ items: Instrument[] } | Instrument[]>("instruments");
    instruments.value = Array.isArray(answer) ? answer : answer.items;
    instrumentsError.value = null;
  } catch (error) {
    instrumentsError.value = error instanceof Error ? error.message : String(error);
    window.setTimeout(loadInstruments, 2_000);
  }
}

/** A market that was listed while this page was open: it is read with the others, once for each. */
const asked = new Set<string>();
export function meetInstruments(status: Status): void {
  const known = instruments.value;
  if (!known) return;
  const fresh = status.instruments.filter((one) => one.state !== "unlisted" && !asked.has(one.symbol) && !known.some((old) => old.symbol === one.symbol));
  for (const one of fresh) asked.add(one.symbol);
  if (fresh.length > 0) void loadInstruments();
}

// ---------------------------------------------------------------- theme
export type Theme = "dark" | "light";
export const theme = signal<Theme>((document.documentElement.dataset.theme as Theme) ?? "dark");
export function switchTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  try {
    localStorage.setItem("steelyard.theme", theme.value);
  } catch {
    /* private mode */
  }
}
effect(() => {
  document.documentElement.dataset.theme = theme.value;
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", theme.value === "dark" ? "#0f1216" : "#f3f4f6");
});

// ---------------------------------------------------------------- small choices
export const interval = signal<"1m" | "5m" | "15m" | "1h">(remembered("interval", "1m"));
effect(() => remember("interval", interval.value));
effect(() => { if (chosenSymbol.value) remember("symbol", chosenSymbol.value); });

const NARROW = window.matchMedia("(max-width: 760px)");
export const narrow = signal(NARROW.matches);
NARROW.addEventListener("change", (event) => { narrow.value = event.matches; });
/** On a phone one part of the trading page is on screen at a time. */
export const phonePart = signal<"chart" | "book" | "ticket" | "account">("chart");

// ---------------------------------------------------------------- dialogs
export type DialogName =
  | { kind: "help" } | { kind: "sign-in" } | { kind: "margin"; symbol: string } | { kind: "close"; symbol: string }
  | { kind: "scale-out"; symbol: string } | { kind: "amend"; order_id: string } | { kind: "protect"; symbol: string };
export const dialog = signal<DialogName | null>(null);

// ---------------------------------------------------------------- toasts
export interface Toast { key: number; level: "info" | "good" | "warning" | "danger"; text: string; detail?: string; link?: { text: string; to: string } }
export const toasts = signal<Toast[]>([]);
let toastKey = 1;
export function toast(level: Toast["level"], text: string, more: Partial<Toast> = {}): void {
  const key = toastKey++;
  const others = toasts.value.filter((one) => one.text !== text);
  toasts.value = [...others.slice(narrow.value ? others.length : -3), { key, level, text, ...more }];
  window.setTimeout(() => dismiss(key), level === "danger" ? 15_000 : 6_000);
}
/** Another page: what was said about the one before is in the way. */
window.addEventListener("hashchange", () => { toasts.value = []; });
export function dismiss(key: number): void {
  toasts.value = toasts.value.filter((one) => one.key !== key);
}

/** A price picked on the ladder or the chart, for the ticket. */
export const pickedPrice = signal<{ price: Decimal; count: number } | null>(null);
export function pick(price: Decimal): void {
  pickedPrice.value = { price, count: (pickedPrice.peek()?.count ?? 0) + 1 };
}
