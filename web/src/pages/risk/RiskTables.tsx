/** Stress at moves of the mark, the deleveraging queue, and the largest positions. */
import { sign } from "../../decimal";
import { cash, compact, NONE, number, percent, shortened, signedPercent } from "../../format";
import { Empty, Hint } from "../../parts/controls";
import type { Instrument, Risk } from "../../wire";

export function Stress({ risk, terms }: { risk: Risk; terms: Instrument }) {
  const rows = risk.stress.slice().sort((a, b) => Number(a.move) - Number(b.move));
  const most = Math.max(...rows.map((one) => Number(one.liquidated_value)), 1e-12);
  return (
    <section class="card" aria-label="Stress">
      <h2>If the mark moved now <span class="muted">{terms.settlement}</span> <Hint label="stress" text="All positions at the moved mark, by the engine's own margin rules, before any cascade: who would be liquidated, and what the fund would pay." /></h2>
      {rows.length === 0 ? <Empty title="Nothing to stress" /> : (
        <table>
          <thead><tr><th scope="col">Move</th><th scope="col">Liquidated</th><th scope="col" class="n">Accounts</th><th scope="col" class="n">Shortfall</th><th scope="col" class="n">Fund after</th></tr></thead>
          <tbody>{rows.map((one) => (
            <tr key={one.move}><th scope="row" class={sign(one.move) < 0 ? "short" : "long"}>{signedPercent(one.move, 0)}</th>
              <td class="wide-cell"><span class="bar-cell"><i class={sign(one.move) < 0 ? "bar-short" : "bar-long"} style={{ width: `${(60 * Number(one.liquidated_value)) / most}%` }} /><span>{compact(one.liquidated_value)}</span></span></td>
              <td class="n">{number(String(one.accounts))}</td><td class="n">{compact(one.shortfall)}</td><td class={`n ${sign(one.fund_after) < 0 ? "short" : ""}`}>{cash(one.fund_after, 0)}</td></tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}

const LIGHTS = ["first in line", "second fifth", "third fifth", "fourth fifth", "last fifth"];

export function Queue({ risk, terms }: { risk: Risk; terms: Instrument }) {
  const most = Math.max(...risk.adl_queue.long.map(Number), ...risk.adl_queue.short.map(Number), 1e-12);
  const line = (side: "long" | "short", values: string[]) => (
    <div class="queue-side">
      <p><span class={`pill ${side}`}>{side}</span> <span class="muted">closed if a {side === "long" ? "short" : "long"} cannot be</span></p>
      <ol class="queue-lights">{values.map((value, i) => (
        <li key={i} title={`${LIGHTS[i]}: ${cash(value, 2)} ${terms.settlement}`}><i class={`light heat-${5 - i}`} style={{ opacity: Number(value) ? 0.45 + 0.55 * (Number(value) / most) : 0.16 }} /><span>{compact(value)}</span><small>{LIGHTS[i]}</small></li>
      ))}</ol>
    </div>
  );
  return (
    <section class="card" aria-label="Deleveraging queue">
      <h2>Deleveraging queue <Hint label="the deleveraging queue" text="Winning positions by profit times leverage. If fund and book cannot take a bankrupt position, those in front are closed against it first." /></h2>
      {line("long", risk.adl_queue.long)}{line("short", risk.adl_queue.short)}
    </section>
  );
}

export function Largest({ risk, terms }: { risk: Risk; terms: Instrument }) {
  return (
    <section class="card" aria-label="Largest positions">
      <h2>Largest positions</h2>
      {risk.largest.length === 0 ? <Empty title="Nobody holds a position" /> : (
        <table>
          <thead><tr><th scope="col">Side</th><th scope="col" class="n">Size</th><th scope="col" class="n">Value, {terms.settlement}</th><th scope="col" class="n">Leverage</th><th scope="col" class="n">To liquidation</th></tr></thead>
          <tbody>{risk.largest.map((one, i) => (
            <tr key={i}><td><span class={`pill ${one.side}`}>{one.side}</span></td><td class="n" title={number(one.size)}>{compact(one.size)}</td><td class="n">{cash(one.value, 0)}</td><td class="n">{shortened(one.leverage, 1)}×</td><td class="n">{one.distance ? percent(one.distance, 1) : NONE}</td></tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}
