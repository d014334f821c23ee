/** What was traded, with fee and what was realized. */
import { sign } from "../../decimal";
import { cashDecimals, moment, number, percent, shortened, signedCash } from "../../format";
import { Empty, Scroll } from "../../parts/controls";
import { useChannel } from "../../store/link";
import { instrumentOf } from "../../store/ui";
import type { Fill } from "../../wire";

export function Fills() {
  const fills = useChannel<Fill[]>("fills").value;
  if (!fills) return <Empty title="Reading your fills…" />;
  if (fills.length === 0) return <Empty title="Nothing traded yet">Every fill is listed here with its fee and what it realized.</Empty>;
  return (
    <Scroll label="Fills" class="cards">
      <table>
        <thead><tr><th scope="col">Time</th><th scope="col">Fill</th><th scope="col" class="n">Price</th><th scope="col" class="n">Size</th><th scope="col" class="n">Fee</th><th scope="col" class="n">Realized</th><th scope="col">Of</th></tr></thead>
        <tbody>
          {fills.map((fill) => {
            const terms = instrumentOf(fill.symbol);
            const decimals = cashDecimals(terms?.decimals.cash ?? 8);
            return (
              <tr key={fill.id}>
                <td class="muted" data-label="Time">{moment(fill.time)}</td>
                <th scope="row" data-label="Fill"><strong>{fill.symbol}</strong> <span class={`pill ${fill.side === "buy" ? "long" : "short"}`}>{fill.side}</span></th>
                <td class="n" data-label="Price">{number(fill.price)}</td><td class="n" data-label="Size">{number(fill.size)}</td>
                <td class="n" data-label="Fee" title={`${percent(fill.fee_rate, 4)} as ${fill.liquidity}`}>{shortened(fill.fee, decimals)}</td>
                <td class={`n ${sign(fill.realized) > 0 ? "long" : sign(fill.realized) < 0 ? "short" : "muted"}`} data-label="Realized">{signedCash(fill.realized, decimals)} {terms?.settlement}</td>
                <td class="muted" data-label="Of">{fill.role} · {fill.liquidity}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
