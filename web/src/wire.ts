/** What goes over the wire (docs/spec/api.md, SERV-003 to SERV-007). Decimals are text, times are milliseconds UTC of the venue's clock. */
export type Decimal = string;
export type Time = number;
export type Side = "buy" | "sell";
export type MarginMode = "isolated" | "cross";

export interface VenueError { code: string; message: string; field?: string | null; rule?: string | null; do?: string | null }

export interface Tier { value_max: Decimal | null; initial: Decimal; maintenance: Decimal }
export interface Instrument {
  symbol: string; kind: "linear" | "inverse"; base: string; quote: string; settlement: string; contract_size: Decimal;
  lot: Decimal; tick: Decimal; decimals: { price: number; size: number; cash: number };
  price_min: Decimal; price_max: Decimal; size_max: Decimal; leverage_max: Decimal; leverage_default: Decimal;
  maker_fee: Decimal; taker_fee: Decimal; tiers: Tier[]; funding_interval_ms: number; mark_method: string;
  state: string; index: string; open_time: Time;
}
export interface Ticker {
  symbol: string; state: string; state_until: Time | null; mark: Decimal; index: Decimal; last: Decimal | null; bid: Decimal | null; ask: Decimal | null;
  mid: Decimal | null; high_24h: Decimal | null; low_24h: Decimal | null; volume_24h: Decimal; turnover_24h: Decimal;
  change_24h: Decimal | null; open_interest: Decimal; open_interest_value: Decimal; funding_rate: Decimal | null;
  funding_rate_next: Decimal | null; funding_time: Time | null; insurance_fund: Decimal; time: Time;
}
export type Level = [price: Decimal, size: Decimal];
export interface Depth { bids: Level[]; asks: Level[]; checksum: number }
export interface Trade { id: string; price: Decimal; size: Decimal; side: Side; liquidation: boolean; time: Time }
export interface Candle {
  time: Time; open: Decimal; high: Decimal; low: Decimal; close: Decimal; volume: Decimal;
  mark: Decimal | null; index: Decimal | null;
}
export type OrderType =
  | "limit" | "market" | "stop_market" | "stop_limit" | "take_profit_market" | "take_profit_limit" | "trailing_stop"
  | "market_protected" | "market_limit";
export type Source = "mark" | "last" | "index";
export interface Target { price: Decimal; share: Decimal }
export interface Bracket {
  stop_price?: Decimal | null; stop_source?: Source | null; trail_offset?: Decimal | null; targets?: Target[]; ladder?: boolean;
}
export interface Order {
  order_id: string; client_order_id: string | null; symbol: string; side: Side; type: OrderType; size: Decimal;
  filled: Decimal; remaining: Decimal; price: Decimal | null; trigger_price: Decimal | null;
  trigger_source: Source | null; trail_offset: Decimal | null; time_in_force: string; expires: Time | null;
  post_only: boolean; reduce_only: boolean; close: boolean; display_size: Decimal | null;
  state: "open" | "waiting" | "filled" | "canceled" | "refused"; reason: string | null; average_price: Decimal | null;
  fee: Decimal; bracket: Bracket | null; role: "order" | "stop" | "target" | "liquidation";
  parent_order_id: string | null; created: Time; updated: Time;
}
export interface Fill {
  id: string; order_id: string; client_order_id: string | null; symbol: string; side: Side; price: Decimal; size: Decimal;
  fee: Decimal; fee_rate: Decimal; realized: Decimal; liquidity: "maker" | "taker"; role: string; time: Time;
}
export interface Position {
  symbol: string; size: Decimal; side: "long" | "short" | null; entry_price: Decimal; mark: Decimal; value: Decimal;
  margin_mode: MarginMode; leverage: Decimal; collateral: Decimal; unrealized: Decimal; realized: Decimal;
  funding_paid: Decimal; fees_paid: Decimal; initial_margin: Decimal; maintenance_margin: Decimal;
  margin_ratio: Decimal | null; liquidation_price: Decimal | null; bankruptcy_price: Decimal | null;
  break_even_price: Decimal | null; distance: Decimal | null; distance_volatility: Decimal | null; adl_rank: number;
  stop_price: Decimal | null; target_prices: Decimal[]; loss_at_stop: Decimal | null; updated: Time;
}
export interface MarginCall { asked: Decimal; due: Decimal; called: Time; deadline: Time; close_out_equity: Decimal }
export interface Wallet {
  asset: string; balance: Decimal; equity: Decimal; available: Decimal; withdrawable: Decimal; order_margin: Decimal;
  position_margin: Decimal; maintenance_margin: Decimal; margin_ratio: Decimal | null; margin_level?: Decimal | null; buffer?: Decimal | null; isolated_margin?: Decimal; total_equity?: Decimal; in_liquidation?: boolean; margin_call?: MarginCall | null; updated: Time;
}
export interface Notice {
  id: string;
  kind: "margin_warning" | "margin_call" | "liquidation" | "deleveraged" | "assigned" | "conversion" | "margin_window" | "settlement" | "funding" | "order" | "status";
  level: "info" | "warning" | "danger"; text: string; symbol: string | null; liquidation_id: string | null; time: Time;
}
export interface PublicLiquidation {
  id: string; symbol: string; side: "long" | "short"; size: Decimal; price: Decimal; value: Decimal; leverage: Decimal | null;
  stage: "started" | "reduced" | "taken_over" | "closed"; surplus: Decimal | null; time: Time;
}
export interface WaterfallLayer { name: string; amount: Decimal; held: Decimal }
export interface Risk {
  symbol: string; insurance_fund: { time: Time; value: Decimal }[]; open_interest: Decimal; long_accounts: number;
  short_accounts: number; leverage_histogram: { leverage: Decimal; long: Decimal; short: Decimal }[];
  liquidation_levels: { price: Decimal; long_value: Decimal; short_value: Decimal }[];
  depth_levels: { price: Decimal; size: Decimal }[]; adl_queue: { long: Decimal[]; short: Decimal[] };
  largest: { side: "long" | "short"; size: Decimal; value: Decimal; leverage: Decimal; distance: Decimal | null }[];
  stress: { move: Decimal; liquidated_value: Decimal; accounts: number; shortfall: Decimal; fund_after: Decimal }[];
  bad_debt: Decimal; socialized: Decimal; waterfall: WaterfallLayer[]; deleveraged_24h: Decimal;
  margin_calls?: { count: number; asked: Decimal; next_deadline: Time | null };
}
export type VenueState =
  | "operating" | "cancel_only" | "reduce_only" | "post_only" | "maintenance" | "index_disrupted" | "halted";
export interface Status {
  state: VenueState; message: string | null; until: Time | null; since: Time | null;
  instruments: { symbol: string; state: string; until: Time | null }[];
  planned: { state: VenueState; from: Time; until: Time | null; message: string | null }[];
  out_of_service: string[]; version: string;
}
export interface Replay {
  feed: string; name: string | null; title: string | null; start: Time | null; end: Time | null; now: Time; speed: number | string;
  paused: boolean; progress: number | string; loop: boolean; presets: (string | { name: string; title?: string })[]; message: string | null;
}
export interface PreviewRequest {
  symbol: string; side: Side; type: OrderType; size?: Decimal; risk?: Decimal; price?: Decimal; trigger_price?: Decimal;
  leverage?: Decimal; margin_mode?: MarginMode; stop_price?: Decimal; stop_source?: Source; targets?: Target[];
  post_only?: boolean; reduce_only?: boolean; time_in_force?: string;
}
export interface Preview {
  accepted: boolean; error: VenueError | null; size: Decimal; value: Decimal; average_price: Decimal | null;
  worst_price: Decimal | null; slippage: Decimal | null; fee: Decimal; cost: Decimal; initial_margin: Decimal;
  maintenance_margin: Decimal; available_after: Decimal;
  position_after: {
    size: Decimal; entry_price: Decimal; leverage: Decimal; margin_ratio: Decimal | null; collateral: Decimal;
  } | null;
  liquidation_price: Decimal | null; bankruptcy_price: Decimal | null; break_even_price: Decimal | null;
  distance: Decimal | null; loss_at_stop: Decimal | null; loss_at_stop_share: Decimal | null;
  profit_at_targets: Decimal[]; reward_to_risk: Decimal | null; funding_per_day: Decimal | null;
  stop_beyond_liquidation: boolean; safe_stop_price: Decimal | null; filled_now: Decimal; resting: Decimal;
}

export interface StreamMessage { channel: string; sequence: number; type: "snapshot" | "delta"; time: Time; data: unknown }
export interface Answer { id: number; ok: boolean; result?: unknown; error?: VenueError }
