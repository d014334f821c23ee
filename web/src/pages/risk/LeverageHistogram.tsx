/** Value of positions by effective leverage: longs to the right, shorts to the left. */
import { compact } from "../../format";
import { Empty } from "../../parts/controls";
import type { Risk } from "../../wire";

export function LeverageHistogram({ risk, quote }: { risk: Risk; quote: string }) {
  const rows = risk.leverage_histogram.filter((one) => Number(one.long) || Number(one.short));
  const most = Math.max(...rows.flatMap((one) => [Number(one.long), Number(one.short)]), 1e-12);
  return (
    <section class="card" aria-label="Leverage">
      <h2>Positions by leverage <span class="muted">value at mark</span></h2>
      {rows.length === 0 ? <Empty title="Nobody holds a position" /> : (
        <table class="bars-table" data-quote={quote}>
          <thead><tr><th scope="col" class="n">Short</th><th scope="col" class="center">Up to</th><th scope="col">Long</th></tr></thead>
          <tbody>{rows.map((one) => (
            <tr key={one.leverage}>
              <td class="n"><span class="bar-cell left"><span>{compact(one.short)}</span><i class="bar-short" style={{ width: `${(62 * Number(one.short)) / most}%` }} /></span></td>
              <th scope="row" class="center">{Number(one.leverage) > 125 ? "more" : `${one.leverage}×`}</th>
              <td><span class="bar-cell"><i class="bar-long" style={{ width: `${(62 * Number(one.long)) / most}%` }} /><span>{compact(one.long)}</span></span></td>
            </tr>
          ))}</tbody>
        </table>
      )}
    </section>
  );
}
