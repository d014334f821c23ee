/** Liquidations as they happen, without names. */
import { sign } from "../../decimal";
import { clock, compact, NONE, number, shortened, signedCash, words } from "../../format";
import { Empty, Scroll } from "../../parts/controls";
import type { Instrument, PublicLiquidation } from "../../wire";

export function LiveLiquidations({ forced, terms }: { forced: PublicLiquidation[] | undefined; terms: Instrument }) {
  return (
    <section class="card flush" aria-label="Liquidations">
      <h2>Liquidations <span class="muted">as they happen</span></h2>
      {!forced ? <Empty title="Waiting…" /> : forced.length === 0 ? <Empty title="Nobody has been liquidated">When a position meets its maintenance margin it shows here.</Empty> : (
        <Scroll label="Liquidations as they happen">
          <table>
            <thead><tr><th scope="col">Time</th><th scope="col">Side</th><th scope="col" class="n">Size</th><th scope="col" class="n">Price</th><th scope="col" class="n">Leverage</th><th scope="col">Stage</th><th scope="col" class="n" title="To the fund (+) or from it (−)">Fund</th></tr></thead>
            <tbody>{forced.map((one) => (
              <tr key={one.id}><td class="muted">{clock(one.time)}</td><td><span class={`pill ${one.side}`}>{one.side}</span></td><td class="n" title={number(one.size)}>{compact(one.size)}</td><td class="n">{number(one.price)}</td><td class="n">{one.leverage ? `${shortened(one.leverage, 0)}×` : NONE}</td><td class="muted">{words(one.stage)}</td>
                <td class={`n ${sign(one.surplus) < 0 ? "short" : sign(one.surplus) > 0 ? "long" : "muted"}`}>{one.surplus ? signedCash(one.surplus, 3) : NONE}</td></tr>
            ))}</tbody>
          </table>
        </Scroll>
      )}
      <p class="hidden-text">{terms.symbol}</p>
    </section>
  );
}
