/** The questions a plan can be asked: what each form shows, in which order, with an example. Names are those of the venue's own types. */
import type { Kind } from "./answers";

export interface FieldSpec {
  name: string; label: string; hint?: string; placeholder?: string; required?: boolean; more?: boolean; usual?: string;
  choices?: [value: string, text: string][]; lines?: "positions" | "orders" | "steps" | "collateral"; list?: boolean;
}
export interface KindSpec { kind: Kind; tab: string; lead: string; fields: FieldSpec[]; example: Record<string, string> }

const VENUE: FieldSpec = { name: "venue", label: "Venue", usual: "bitmex", hint: "Whose rules: a profile of this installation." };
const SYMBOL: FieldSpec = { name: "symbol", label: "Instrument", hint: "The venue's first where you name none." };
const AS_OF: FieldSpec = { name: "as_of", label: "Rules as of", placeholder: "latest", more: true, hint: "A date such as 2020-03-12: the rules of that day." };
const SIDE: FieldSpec = { name: "side", label: "Side", usual: "long", choices: [["long", "Long"], ["short", "Short"]] };
const ENTRY: FieldSpec = { name: "entry", label: "Entry price", required: true };
const SIZE: FieldSpec = { name: "size", label: "Size, contracts", required: true };
const LEVERAGE: FieldSpec = { name: "leverage", label: "Leverage", placeholder: "the venue's default" };
const MODE: FieldSpec = { name: "margin_mode", label: "Margin", usual: "isolated", choices: [["isolated", "Isolated"], ["cross", "Cross"]] };
const BALANCE: FieldSpec = { name: "balance", label: "Wallet balance", hint: "Before the trade, in the settlement asset. Cross margin stands on all of it." };
const MORE: FieldSpec[] = [
  AS_OF,
  { name: "mark", label: "Mark", placeholder: "the entry", more: true, hint: "Mark right after the fill, where it is not the entry." },
  { name: "liquidity", label: "Entry pays", usual: "taker", choices: [["taker", "Taker fee"], ["maker", "Maker fee"]], more: true },
  { name: "fee_class", label: "Fee class", more: true, hint: "A class of the profile; the instrument's own fees where you name none." },
  { name: "funding_rate", label: "Funding rate in force", usual: "0", more: true, hint: "For one interval, such as 0.0001 or 0.01 %. Above zero longs pay." },
  { name: "positions", label: "Other positions of the wallet", lines: "positions", more: true, placeholder: "ETHUSD long 100 @ 3000 mark 2950", hint: "One a line: SYMBOL long|short SIZE @ ENTRY, then mark PRICE and leverage X if you like." },
  { name: "orders", label: "Open orders", lines: "orders", more: true, placeholder: "buy 100 @ 59000", hint: "One a line: buy|sell SIZE @ PRICE. They count for the risk limit and for what must be free." },
  { name: "collateral", label: "Other assets that count", lines: "collateral", more: true, placeholder: "XBT 0.5 moves mark", hint: "One a line: ASSET AMOUNT, then @ PRICE and moves mark if you like. They count for a cross position, less their haircut." },
  { name: "window", label: "Margin window", placeholder: "the one that asks most", more: true, hint: "Where margin changes with the hour, such as overnight: the window it is opened in." },
  { name: "jurisdiction", label: "You live in", placeholder: "such as DE", more: true, hint: "What the rules there add to margin, and when they close you out." },
  { name: "client", label: "You are", usual: "retail", more: true, choices: [["retail", "Retail"], ["professional", "Professional"], ["institutional", "Institutional"]] },
];
const STOP: FieldSpec = { name: "stop", label: "Stop price", required: true };
const HOURS: FieldSpec = { name: "hours", label: "Hours held", hint: "Funding of that time is counted." };
const own = (spec: FieldSpec, change: Partial<FieldSpec>): FieldSpec => ({ ...spec, ...change });
const without = (...names: string[]) => MORE.filter((one) => !names.includes(one.name));

export const KINDS: KindSpec[] = [
  { kind: "size", tab: "Size", lead: "Say what you may lose and where you give up: the size follows, and what would end it before your stop does.",
    fields: [VENUE, SYMBOL, SIDE, ENTRY, STOP, { name: "risk", label: "May lose", required: true, hint: "Cash in the settlement asset, or a share of the balance such as 1 %." },
      { name: "target", label: "Target price" }, own(LEVERAGE, { placeholder: "the highest safe one" }), MODE, BALANCE,
      { name: "slippage", label: "Slippage at the stop", usual: "0", hint: "How much worse than its price the stop is filled, such as 0.1 %." }, own(HOURS, { usual: "0" }), ...MORE],
    example: { venue: "bitmex", symbol: "XBTUSD", entry: "60000", stop: "58500", risk: "0.02", target: "64000", slippage: "0.1 %" } },
  { kind: "liq", tab: "Liquidation", lead: "Where a position is taken from you and why there, every term with its rule, and what margin does to it.",
    fields: [VENUE, SYMBOL, SIDE, ENTRY, SIZE, LEVERAGE, MODE, BALANCE,
      { name: "add_margin", label: "Margin added after opening", hint: "Below zero is taken out." }, { name: "liquidation_price", label: "Liquidation price wished for", hint: "What margin brings it." }, ...MORE],
    example: { venue: "bitmex", symbol: "XBTUSD", entry: "60000", size: "50000", leverage: "25" } },
  { kind: "compare", tab: "Compare", lead: "The same leverage behaves differently across venues: one position, every rule book.",
    fields: [{ name: "coin", label: "Coin", usual: "BTC" }, { name: "amount", label: "Amount of the coin", required: true }, SIDE, ENTRY, own(LEVERAGE, { usual: "10", placeholder: "10" }), own(HOURS, { usual: "24" }),
      { name: "funding_rate", label: "Funding rate for eight hours", usual: "0.0001" }, { name: "jurisdiction", label: "You live in", placeholder: "such as US", hint: "Says who may trade it where, with the rule." },
      { name: "client", label: "You are", usual: "retail", choices: [["retail", "Retail"], ["professional", "Professional"], ["institutional", "Institutional"]] },
      { name: "settlement_price", label: "Price of the settlement coin", placeholder: "for quanto contracts", more: true, hint: "Of BTC, for a contract on ether that settles in bitcoin." },
      { name: "venues", label: "Only these venues", placeholder: "all", more: true }, own(MODE, { more: true }), { name: "liquidity", label: "Entry pays", usual: "taker", choices: [["taker", "Taker fee"], ["maker", "Maker fee"]], more: true }, AS_OF],
    example: { coin: "BTC", amount: "1.5", entry: "60000", leverage: "10", jurisdiction: "US" } },
  { kind: "funding", tab: "Funding", lead: "What funding costs or brings, stamp by stamp, and what it does to the liquidation price.",
    fields: [VENUE, SYMBOL, SIDE, ENTRY, SIZE, own(LEVERAGE, {}), own(MORE.find((one) => one.name === "funding_rate")!, { more: false, label: "Funding rate" }), own(HOURS, { usual: "168" }), MODE, BALANCE,
      { name: "rates", label: "Rates, one per stamp", list: true, more: true, hint: "Separated by commas or lines; instead of one rate for all." }, { name: "premiums", label: "Average premiums, one per interval", list: true, more: true, hint: "The venue's own formula makes the rates." },
      { name: "marks", label: "Marks, one per stamp", list: true, more: true }, ...without("funding_rate")],
    example: { venue: "bitmex", symbol: "XBTUSD", entry: "60000", size: "50000", leverage: "25", funding_rate: "0.0005", hours: "240" } },
  { kind: "ladder", tab: "Ladder", lead: "Leave in steps: what each target locks in, and the worst that can still happen.",
    fields: [VENUE, SYMBOL, SIDE, ENTRY, SIZE, STOP, { name: "steps", label: "Targets", lines: "steps", placeholder: "62000 0.5\n65000 0.5", hint: "One a line: price and the share of the position closed there." },
      { name: "ladder", label: "Stop follows", usual: "trail_targets", choices: [["trail_targets", "Targets"], ["fixed", "Nothing"]] }, { name: "trail", label: "Trailing distance" }, LEVERAGE, MODE, BALANCE,
      { name: "count", label: "Or so many equal steps", more: true }, { name: "target", label: "up to this price", more: true }, ...MORE],
    example: { venue: "bitmex", symbol: "XBTUSD", entry: "60000", size: "50000", leverage: "5", stop: "58500", steps: "62000 0.25\n64000 0.25\n68000 0.5" } },
  { kind: "hedge", tab: "Hedge", lead: "Hold the coin and a short against it: what is locked in, what it costs, and how far the price may rise before the short is gone.",
    fields: [VENUE, SYMBOL, { name: "amount", label: "Amount of the coin held", required: true }, { name: "spot", label: "Spot price", required: true }, own(ENTRY, { label: "Price of the short" }), own(SIZE, { required: false, placeholder: "as much as is held" }), LEVERAGE,
      { name: "add_margin", label: "Margin added" }, own(HOURS, { usual: "720" }), own(MORE.find((one) => one.name === "funding_rate")!, { more: false }), { name: "days_to_expiry", label: "Days to expiry", hint: "Of a dated contract: its basis as a yearly rate." }, MODE, BALANCE, ...without("funding_rate")],
    example: { venue: "bitmex", symbol: "XBTUSD", amount: "1.5", spot: "60000", entry: "60300", leverage: "3", funding_rate: "0.0001" } },
  { kind: "decay", tab: "Decay", lead: "What rebalancing does to a leveraged token: on a path, or at a volatility.",
    fields: [{ name: "multiple", label: "Multiple", required: true, hint: "Such as 3 or -1." }, { name: "volatility", label: "Volatility a year", hint: "Such as 80 %. Or give a path." }, { name: "days", label: "Days", usual: "30" },
      { name: "prices", label: "Or a path of prices", list: true, hint: "One per rebalancing, separated by commas or lines." }, { name: "fee", label: "Cost of rebalancing", usual: "0", more: true }, { name: "yearly_cost", label: "Cost a year", usual: "0", more: true }],
    example: { multiple: "3", volatility: "80 %", days: "90" } },
  { kind: "survive", tab: "Survive", lead: "How likely the position is liquidated, or its stop touched, before a time: by formula and by simulation.",
    fields: [VENUE, SYMBOL, SIDE, ENTRY, SIZE, LEVERAGE, { name: "volatility", label: "Volatility a year", required: true, hint: "Such as 60 %." }, own(HOURS, { usual: "168", hint: "The horizon." }), own(STOP, { required: false }), MODE, BALANCE,
      { name: "drift", label: "Drift a year", usual: "0", more: true }, { name: "paths", label: "Simulated paths", usual: "20000", more: true }, { name: "seed", label: "Seed", usual: "7", more: true }, ...MORE],
    example: { venue: "bitmex", symbol: "XBTUSD", entry: "60000", size: "50000", leverage: "10", volatility: "60 %", hours: "168", stop: "57000" } },
];
export const kindOf = (name: string | undefined): KindSpec | undefined => KINDS.find((one) => one.kind === name);
