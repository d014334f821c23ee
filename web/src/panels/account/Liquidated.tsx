/** One's own liquidations, each with the page that explains it. */
import { moment, number, words } from "../../format";
import { Empty, ErrorNote, Scroll } from "../../parts/controls";
import { useResource } from "../../parts/resource";
import type { Page } from "../../rest";
import { sign } from "../../decimal";

export interface OwnLiquidation { id: string; symbol: string; side?: string; size?: string; price?: string; value?: string; stage?: string; leverage?: string | null; time: number }

export function Liquidated() {
  const { value, error } = useResource<Page<OwnLiquidation>>("my/liquidations", 10_000);
  if (error) return <div class="pad"><ErrorNote error={error} /></div>;
  if (!value) return <Empty title="Reading your liquidations…" />;
  if (value.items.length === 0) return <Empty title="You have never been liquidated">If it happens, a page here walks you through it: prices, margin, each step, and what would have prevented it.</Empty>;
  return (
    <Scroll label="Your liquidations" class="cards">
      <table>
        <thead><tr><th scope="col">Time</th><th scope="col">Position</th><th scope="col" class="n">Size</th><th scope="col" class="n">Price</th><th scope="col">Stage</th><th scope="col"><span class="hidden-text">Page</span></th></tr></thead>
        <tbody>
          {value.items.map((one) => {
            const side = one.side ?? (sign(one.size) < 0 ? "short" : "long");
            return (
              <tr key={one.id}><td class="muted" data-label="Time">{moment(one.time)}</td><th scope="row" data-label="Position">{one.symbol} <span class={`pill ${side}`}>{side}</span></th>
                <td class="n" data-label="Size">{number(one.size?.replace("-", ""))}</td><td class="n" data-label="Price">{number(one.price)}</td><td data-label="Stage">{words(one.stage)}</td>
                <td class="actions"><a href={`#/liquidations/${encodeURIComponent(one.id)}`}>Why?</a></td></tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
