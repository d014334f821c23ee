/** Open positions: what they earn, how near the end is, and what can be done about it. */
import { sign } from "../../decimal";
import { cash, cashDecimals, moment, NONE, number, percent, shortened, signedCash } from "../../format";
import { Empty, Scroll } from "../../parts/controls";
import { useResource } from "../../parts/resource";
import type { Page } from "../../rest";
import { channel, socket } from "../../store/link";
import { dialog, instrumentOf } from "../../store/ui";
import type { Position } from "../../wire";
import type { OwnLiquidation } from "./Liquidated";

const tone = (text: string | null | undefined) => (sign(text) > 0 ? "long" : sign(text) < 0 ? "short" : "");

export function MarginBar({ ratio }: { ratio: string | null }) {
  if (ratio === null) return <span class="muted">{NONE}</span>;
  const value = Math.max(0, Number(ratio));
  const level = value >= 0.9 ? "danger" : value >= 0.8 ? "warning" : value >= 0.5 ? "raised" : "calm";
  return (
    <span class="margin-ratio">
      <span class={`margin-bar ${level}`} role="meter" aria-label="Margin used up" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.min(100, Math.round(value * 100))}
        aria-valuetext={percent(ratio, 0)} title="Maintenance margin against what the position still has. At 100 % it is liquidated.">
        <i style={{ transform: `scaleX(${Math.min(1, value)})` }} />
      </span>
      <span>{percent(ratio, 0)}</span>
    </span>
  );
}

/** The one sentence to read: where it ends, and how far that is, in percent and in daily moves. */
export function WhatKillsIt({ position }: { position: Position }) {
  if (!position.liquidation_price || Number(position.liquidation_price) === 0) return <span class="muted">no price of the mark liquidates it</span>;
  const down = sign(position.size) > 0;
  const sigmas = position.distance_volatility;
  return (
    <span class="kills">
      <strong class="short">{number(position.liquidation_price)}</strong>{" "}
      <span class="muted">mark {down ? "−" : "+"}{percent((position.distance ?? "").replace("-", ""), 1)}{sigmas ? ` · ${shortened(sigmas.replace("-", ""), 1)} σ/day` : ""}</span>
    </span>
  );
}

function Adl({ rank }: { rank: number }) {
  const text = rank === 0 ? "not in the queue" : `${rank} of 5`;
  return (
    <span class="adl" role="img" aria-label={`Deleveraging queue: ${text}`} title={`Place in the deleveraging queue: ${text}. Five lights: among the first to be closed if the fund runs out.`}>
      {[1, 2, 3, 4, 5].map((light) => <i key={light} class={light <= rank ? "lit" : ""} />)}
    </span>
  );
}

function Row({ position }: { position: Position }) {
  const terms = instrumentOf(position.symbol);
  const decimals = cashDecimals(terms?.decimals.cash ?? 8);
  const long = sign(position.size) > 0;
  const open = (kind: "margin" | "close" | "scale-out" | "protect") => () => { dialog.value = { kind, symbol: position.symbol }; };
  const loss = position.loss_at_stop ? `-${position.loss_at_stop.replace("-", "")}` : null;
  return (
    <li class="position" aria-label={`${position.symbol} ${long ? "long" : "short"}`}>
      <p class="position-name"><strong>{position.symbol}</strong> <span class={`pill ${long ? "long" : "short"}`}>{long ? "long" : "short"} {shortened(position.leverage, 1)}×</span> <span class="pill">{position.margin_mode}</span> <Adl rank={position.adl_rank} /></p>
      <div class="position-actions">
        <button type="button" class="small" onClick={open("margin")} disabled={position.margin_mode !== "isolated"} title={position.margin_mode === "isolated" ? undefined : "A cross position uses the whole wallet"}>Margin</button>
        <button type="button" class="small" onClick={open("scale-out")}>Scale out</button>
        <button type="button" class="small" onClick={open("close")}>Close</button>
      </div>
      <dl class="position-figures">
        <div><dt>Size</dt><dd>{number(position.size.replace("-", ""))}</dd></div>
        <div><dt>Entry</dt><dd>{shortened(position.entry_price, terms?.decimals.price ?? 1)}</dd></div>
        <div><dt>Mark</dt><dd class="mark-ink">{number(position.mark)}</dd></div>
        <div><dt>Unrealized, {terms?.settlement}</dt><dd class={tone(position.unrealized)}><strong>{signedCash(position.unrealized, decimals)}</strong></dd></div>
        <div><dt>Margin used</dt><dd><MarginBar ratio={position.margin_ratio} /></dd></div>
        <div class="kills-cell"><dt>Liquidated at</dt><dd><WhatKillsIt position={position} /></dd></div>
        <div><dt>Stop</dt><dd>{position.stop_price ? <>{number(position.stop_price)} <span class="muted">{loss ? signedCash(loss, decimals) : ""}</span></> : <button type="button" class="link warning-ink" onClick={open("protect")}>set a stop</button>}</dd></div>
        <div><dt>Targets</dt><dd>{position.target_prices.length ? position.target_prices.map((price) => number(price)).join(", ") : NONE}</dd></div>
      </dl>
    </li>
  );
}

export function Positions() {
  const positions = channel<Position[]>("positions").value;
  if (!positions) return <Empty title={socket.refusals.get("positions")?.message ?? "Reading your positions…"} />;
  if (positions.length === 0) return <NonePosition />;
  return <Scroll label="Positions"><ul class="positions">{positions.map((position) => <Row key={position.symbol} position={position} />)}</ul></Scroll>;
}

/** No position; and where the last one was liquidated, the way to the page that says why. */
function NonePosition() {
  const ended = useResource<Page<OwnLiquidation>>("my/liquidations?limit=1", 5_000).value?.items[0];
  return (
    <Empty title={ended ? "Your position was liquidated" : "No open position"}>
      {ended ? <p>At {moment(ended.started)} UTC{ended.mark ? `, at a mark of ${number(ended.mark)}` : ""}. <a href={`#/liquidations/${encodeURIComponent(ended.id)}`}>Why was I liquidated?</a></p> : null}
      <p>Say in the ticket what you may lose and where your stop is. The size follows. Press <kbd>b</kbd> to buy, <kbd>s</kbd> to sell.</p>
    </Empty>
  );
}

export function moneyOf(position: Position, text: string | null | undefined): string {
  const terms = instrumentOf(position.symbol);
  return text ? `${cash(text, cashDecimals(terms?.decimals.cash ?? 8))} ${terms?.settlement ?? ""}` : NONE;
}
