/** One's own liquidations, each with the page that explains it. */
import { sign } from "../../decimal";
import { cash, cashDecimals, moment, number, words } from "../../format";
import { Empty, ErrorNote, Scroll } from "../../parts/controls";
import { useResource } from "../../parts/resource";
import type { Page } from "../../rest";
import { instruments } from "../../store/ui";
import type { MarginMode } from "../../wire";

export interface OwnLiquidation {
  id: string; asset: string; margin_mode: MarginMode; symbol: string | null; size: string | null; mark: string | null; equity: string;
  maintenance_margin: string; outcome: string | null; started: number; ended: number | null;
}

export function Liquidated() {
  const { value, error } = useResource<Page<OwnLiquidation>>("my/liquidations", 10_000);
  if (error) return <div class="pad"><ErrorNote error={error} /></div>;
  if (!value) return <Empty title="Reading your liquidations…" />;
  if (value.items.length === 0) return <Empty title="You have never been liquidated">If it happens, a page here walks you through it: prices, margin, each step, and what would have prevented it.</Empty>;
  return (
    <Scroll label="Your liquidations" class="cards">
      <table>
        <thead><tr><th scope="col">Began</th><th scope="col">Position</th><th scope="col" class="n">Size</th><th scope="col" class="n">Mark</th><th scope="col" class="n">Needed</th><th scope="col" class="n">Had</th><th scope="col">Outcome</th><th scope="col"><span class="hidden-text">Page</span></th></tr></thead>
        <tbody>
          {value.items.map((one) => {
            const decimals = cashDecimals(instruments.value?.find((terms) => terms.settlement === one.asset)?.decimals.cash ?? 8);
            const side = one.size === null ? null : sign(one.size) < 0 ? "short" : "long";
            return (
              <tr key={one.id}><td class="muted" data-label="Began">{moment(one.started)}</td>
                <th scope="row" data-label="Position"><strong>{one.symbol ?? `${one.asset} wallet`}</strong> {side ? <span class={`pill ${side}`}>{side}</span> : null} <span class="pill">{one.margin_mode}</span></th>
                <td class="n" data-label="Size">{number(one.size?.replace("-", ""))}</td><td class="n" data-label="Mark">{number(one.mark)}</td>
                <td class="n" data-label="Needed">{cash(one.maintenance_margin, decimals)}</td><td class="n short" data-label="Had">{cash(one.equity, decimals)}</td><td data-label="Outcome">{one.outcome ? words(one.outcome) : "going on"}</td>
                <td class="actions"><a href={`#/liquidations/${encodeURIComponent(one.id)}`}>Why?</a></td></tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
