/** How numbers and times read. Formatting only: nothing here changes a value beyond the digits that are shown. */
import { sign } from "./decimal";
import type { Time } from "./wire";

export const NONE = "–";
const MINUS = "−";

/** "1234567.50" as "1,234,567.50", with a real minus sign. */
export function number(text: string | null | undefined): string {
  if (text === null || text === undefined || text === "") return NONE;
  const negative = text.startsWith("-");
  const [whole = "0", fraction] = (negative ? text.slice(1) : text).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return `${negative ? MINUS : ""}${grouped}${fraction ? `.${fraction}` : ""}`;
}

/** With a sign in front, "+" above zero. */
export function signed(text: string | null | undefined): string {
  if (text === null || text === undefined || text === "") return NONE;
  return `${sign(text) > 0 ? "+" : ""}${number(text)}`;
}

/** At most ``decimals`` decimals: a decimal text is cut (and rounded half away) for display. */
export function shortened(text: string | null | undefined, decimals: number): string {
  if (text === null || text === undefined || text === "") return NONE;
  const value = Number(text);
  const fraction = text.split(".")[1] ?? "";
  if (fraction.length <= decimals) return number(text);
  const fixed = value.toFixed(decimals);
  return number(Number(fixed) === 0 ? (0).toFixed(decimals) : fixed);
}

/** Cash, with as many decimals as an eye needs: 4 significant ones for coins, 2 for dollars. */
export function cash(text: string | null | undefined, decimals = 4): string {
  return shortened(text, decimals);
}

export function signedCash(text: string | null | undefined, decimals = 4): string {
  const shown = shortened(text, decimals);
  return sign(text) > 0 ? `+${shown}` : shown;
}

/** Decimals that make sense for an asset of so many. */
export function cashDecimals(assetDecimals: number): number {
  return assetDecimals > 6 ? 5 : 2;
}

/** A fraction as percent: "0.0412" as "4.12 %". */
export function percent(text: string | null | undefined, decimals = 2): string {
  if (text === null || text === undefined || text === "") return NONE;
  const value = Number(text) * 100;
  const fixed = value.toFixed(decimals);
  const zero = Number(fixed) === 0;
  return `${number(zero ? fixed.replace("-", "") : fixed)} %`;
}

export function signedPercent(text: string | null | undefined, decimals = 2): string {
  const shown = percent(text, decimals);
  return sign(text) > 0 && shown !== percent("0", decimals) ? `+${shown}` : shown;
}

const WORDS: [number, string][] = [[1e12, " tn"], [1e9, " bn"], [1e6, " m"], [1e3, " k"]];

/** "1234567890" as "1.23 bn". */
export function compact(text: string | number | null | undefined): string {
  if (text === null || text === undefined || text === "") return NONE;
  const value = Number(text);
  for (const [size, word] of WORDS) {
    if (Math.abs(value) >= size) {
      const scaled = value / size;
      const digits = Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2;
      return `${number(scaled.toFixed(digits))}${word}`;
    }
  }
  return number(Number.isInteger(value) ? String(value) : value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2));
}

const two = (value: number) => String(value).padStart(2, "0");
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

export function clock(time: Time | null | undefined): string {
  if (!time) return "--:--:--";
  const date = new Date(time);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
}

export function day(time: Time | null | undefined): string {
  if (!time) return NONE;
  const date = new Date(time);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export function moment(time: Time | null | undefined): string {
  if (!time) return NONE;
  const date = new Date(time);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${clock(time)}`;
}

/** Time left as "3h 12m", "12m 05s"; "now" when it is over. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)}d ${Math.floor((seconds % 86400) / 3600)}h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)}h ${two(Math.floor((seconds % 3600) / 60))}m`;
  if (seconds >= 60) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  return seconds > 0 ? `${seconds}s` : "now";
}

/** "cancel_only" as "cancel only". */
export function words(code: string | null | undefined): string {
  return (code ?? "").replace(/_/g, " ");
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
