/** A form as the venue's question and as a link, and back: what is empty or as usual is left out. */
import type { FieldSpec, KindSpec } from "./fields";

export type Values = Record<string, string>;
type Line = Record<string, string>;

const PATTERNS: Record<NonNullable<FieldSpec["lines"]>, { read: (words: string[]) => Line | null; write: (line: Line) => string; form: string }> = {
  positions: {
    form: "SYMBOL long|short SIZE @ ENTRY",
    read: (words) => {
      if (words.length < 5 || words[3] !== "@" || words.length % 2 === 0) return null;
      const line: Line = { symbol: words[0]!, side: words[1]!, size: words[2]!, entry: words[4]! };
      for (let at = 5; at < words.length; at += 2) {
        if (words[at] !== "mark" && words[at] !== "leverage") return null;
        line[words[at]!] = words[at + 1]!;
      }
      return line;
    },
    write: (one) => `${one.symbol} ${one.side} ${one.size} @ ${one.entry}${one.mark ? ` mark ${one.mark}` : ""}${one.leverage ? ` leverage ${one.leverage}` : ""}`,
  },
  orders: {
    form: "buy|sell SIZE @ PRICE",
    read: (words) => (words.length === 4 && words[2] === "@" ? { side: words[0]!, size: words[1]!, price: words[3]! } : null),
    write: (one) => `${one.side} ${one.size} @ ${one.price}`,
  },
  collateral: {
    form: "ASSET AMOUNT",
    read: (words) => {
      if (words.length < 2 || words.length % 2) return null;
      const line: Line = { asset: words[0]!, amount: words[1]! };
      for (let at = 2; at < words.length; at += 2) {
        if (words[at] !== "@" && words[at] !== "moves") return null;
        line[words[at] === "@" ? "price" : "moves"] = words[at + 1]!;
      }
      return line;
    },
    write: (one) => `${one.asset} ${one.amount}${one.price ? ` @ ${one.price}` : ""}${one.moves && one.moves !== "fixed" ? ` moves ${one.moves}` : ""}`,
  },
  steps: {
    form: "PRICE SHARE",
    read: (words) => (words.length === 2 ? { price: words[0]!, share: words[1]! } : null),
    write: (one) => `${one.price} ${one.share}`,
  },
};

/** A line that cannot be read, for the field it stands in. */
export class Unreadable extends Error {
  constructor(readonly field: string, message: string) { super(message); }
}

const linesOf = (text: string) => text.split("\n").map((one) => one.trim()).filter(Boolean);

/** The body of POST /plan/KIND. */
export function bodyOf(spec: KindSpec, values: Values): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const field of spec.fields) {
    const text = (values[field.name] ?? "").trim();
    if (!text || text === field.usual && field.name !== "venue") continue;
    if (field.lines) {
      const pattern = PATTERNS[field.lines];
      body[field.name] = linesOf(text).map((line) => {
        const found = pattern.read(line.split(/\s+/));
        if (!found) throw new Unreadable(field.name, `"${line}" is not of the form ${pattern.form}`);
        return found;
      });
    } else body[field.name] = field.list ? text.split(/[\s,]+/).filter(Boolean) : text;
  }
  return body;
}

/** The same as the query of a link (PLAN-009). */
export function queryOf(spec: KindSpec, values: Values): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(bodyOf(spec, values))) query.set(name, typeof value === "string" ? value : JSON.stringify(value));
  return query.toString();
}

/** A link's query as the values of a form; fields it does not know are left out. */
export function valuesOf(spec: KindSpec, query: string): Values {
  const values: Values = {};
  const given = new URLSearchParams(query);
  for (const field of spec.fields) {
    const text = given.get(field.name);
    if (text === null) continue;
    values[field.name] = field.lines || field.list ? unpacked(field, text) : text;
  }
  return values;
}

function unpacked(field: FieldSpec, text: string): string {
  try {
    const rows = JSON.parse(text) as unknown[];
    if (!Array.isArray(rows)) return text;
    return field.lines ? rows.map((one) => PATTERNS[field.lines!].write(one as Line)).join("\n") : rows.join(", ");
  } catch {
    return text;
  }
}

/** Whether everything that must be given is. */
export function isComplete(spec: KindSpec, values: Values): boolean {
  return spec.fields.every((field) => !field.required || (values[field.name] ?? "").trim() !== "");
}
