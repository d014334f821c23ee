/** Exact decimals as text: comparing, sorting, stepping along a grid. Nothing here rounds money; the node does that. */
const PLAIN = /^[+-]?(\d+\.?\d*|\.\d+)$/;

export function isDecimal(text: string): boolean {
  return PLAIN.test(text.trim());
}

/** "-12.50" as [-1250n, 2]. */
function parts(text: string): [bigint, number] {
  const trimmed = text.trim().replace(/^\+/, "");
  const dot = trimmed.indexOf(".");
  if (dot < 0) return [BigInt(trimmed || "0"), 0];
  const digits = trimmed.slice(0, dot) + trimmed.slice(dot + 1);
  return [BigInt(digits === "-" || digits === "" ? "0" : digits), trimmed.length - dot - 1];
}

function aligned(a: string, b: string): [bigint, bigint, number] {
  const [x, dx] = parts(a);
  const [y, dy] = parts(b);
  const decimals = Math.max(dx, dy);
  return [x * 10n ** BigInt(decimals - dx), y * 10n ** BigInt(decimals - dy), decimals];
}

function text(value: bigint, decimals: number): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
  return negative && value !== 0n ? `-${whole}` : whole;
}

export function compare(a: string, b: string): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function isZero(a: string): boolean {
  return parts(a)[0] === 0n;
}

export function sign(a: string | null | undefined): -1 | 0 | 1 {
  if (!a) return 0;
  const value = parts(a)[0];
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}

export function add(a: string, b: string): string {
  const [x, y, decimals] = aligned(a, b);
  return text(x + y, decimals);
}

export function subtract(a: string, b: string): string {
  const [x, y, decimals] = aligned(a, b);
  return text(x - y, decimals);
}

export function absolute(a: string): string {
  return a.startsWith("-") ? a.slice(1) : a;
}

/** ``a`` x ``b``, cut off toward zero after ``decimals``: what somebody types as a share of something. */
export function multiply(a: string, b: string, decimals: number): string {
  const [x, dx] = parts(a);
  const [y, dy] = parts(b);
  const shift = dx + dy - decimals;
  const product = x * y;
  return text(shift >= 0 ? product / 10n ** BigInt(shift) : product * 10n ** BigInt(-shift), decimals);
}

/** The price on the grid of ``tick`` nearest to a number read off a screen. */
export function onGrid(value: number, tick: string): string {
  const [step, decimals] = parts(tick);
  const scaled = value * 10 ** decimals;
  return text(BigInt(Math.round(scaled / Number(step))) * step, decimals);
}

/** ``steps`` ticks above (or below) a price. */
export function move(price: string, tick: string, steps: number): string {
  const [x, y, decimals] = aligned(price, tick);
  return text(x + y * BigInt(steps), decimals);
}
