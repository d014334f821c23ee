/** A liquidation as the node tells it (GET /my/liquidations/{id}). */
import type { OwnLiquidation } from "../../panels/account/Liquidated";
import type { MarginMode } from "../../wire";

export interface IndexSource { name: string; weight: string; price: string | null; time: number; age_ms: number; state: string; counts: boolean }
export interface StoryPosition {
  symbol: string; side: "long" | "short"; size: string; entry_price: string; mark: string; value: string; unrealized: string; collateral: string | null;
  leverage: string; margin_mode: MarginMode;
  maintenance: { amount: string; tier: number; rate: string; coming_funding: string; charged_on: string; close_fee_rate: string };
  index: { name: string; price: string; frozen: boolean; sources: IndexSource[] } | null;
  mark_terms: {
    method: string; index: string; funding_rate: string; time_to_funding_ms: number; funding_basis: string; average_basis: string; last: string | null;
    band: string; mark: string;
  };
  window: { name: string; since: number | null } | null;
  stops: { order_id: string; price: string; source: string; size: string }[];
}
export interface StoryFill { price: string; size: string; fee?: string; realized?: string; liquidity?: string; time: number }
export interface StoryStep {
  kind: string; symbol: string | null; size: string | null; remaining: string | null; limit: string | null; fills: StoryFill[]; equity: string;
  maintenance_margin: string; time: number;
}
export interface Takeover {
  symbol: string; size: string; bankruptcy_price: string | null; realized: string; fee: string; equity_given_up: string; time: number; fills: StoryFill[];
  fill_count: number; filled: string; netted: string; assigned: string; to_fund: string; from_fund: string;
  deleveraged: { counterparties: number; size: string; given_up: string }; written_down: string; result: string; closed: number | null;
}
export interface StoryCall { kind: "called" | "margin_call_missed" | "close_out_reached"; due: string; deadline: number; equity: string; maintenance_margin: string; time: number }
export interface StoryConversion { asset: string; amount: string; received: string; fee: string; time: number }
export interface Prevention {
  margin_now: string; margin_hour: string; hour_complete: boolean; leverage: string | null; stop_price: string | null; sentences: string[];
  worst_marks: { symbol: string; mark: string }[];
}
export interface Story extends OwnLiquidation {
  balance: string; positions: StoryPosition[]; canceled_orders: { count: number; listed: { order_id: string; symbol: string; side: string; size: string; price: string | null; trigger_price: string | null; time: number }[] };
  steps: StoryStep[]; takeovers: Takeover[]; calls: StoryCall[]; conversions: StoryConversion[]; socialized: { accounts: number; amount: string }; bad_debt: string; complete: boolean;
  timeline: { time: number; text: string }[]; sentences: string[]; prevention: Prevention;
}
