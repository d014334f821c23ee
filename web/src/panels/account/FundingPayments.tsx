/** Funding paid and received. */
import { sign } from "../../decimal";
import { cashDecimals, moment, number, percent, signedCash } from "../../format";
import { Empty, ErrorNote, Scroll } from "../../parts/controls";
import { useResource } from "../../parts/resource";
import type { Page } from "../../rest";
import { instrumentOf } from "../../store/ui";

interface Payment { id?: string; symbol: string; time: number; rate?: string; size?: string; mark?: string; amount?: string; payment?: string; paid?: string; cash?: string }

const amountOf = (one: Payment) => one.amount ?? one.payment ?? one.paid ?? one.cash ?? null;

export function FundingPayments() {
  const { value, error } = useResource<Page<Payment>>("funding_payments?limit=100", 15_000);
  if (error) return <div class="pad"><ErrorNote error={error} /></div>;
  if (!value) return <Empty title="Reading your funding…" />;
  if (value.items.length === 0) return <Empty title="No funding yet">Longs and shorts pay each other at fixed times. The next one is in the line at the top.</Empty>;
  return (
    <Scroll label="Funding payments" class="cards">
      <table>
        <thead><tr><th scope="col">Time</th><th scope="col">Instrument</th><th scope="col" class="n">Rate</th><th scope="col" class="n">Size</th><th scope="col" class="n">Amount</th></tr></thead>
        <tbody>
          {value.items.map((one, i) => {
            const terms = instrumentOf(one.symbol);
            const amount = amountOf(one);
            return (
              <tr key={one.id ?? i}><td class="muted" data-label="Time">{moment(one.time)}</td><th scope="row" data-label="Instrument">{one.symbol}</th><td class="n" data-label="Rate">{percent(one.rate, 4)}</td>
                <td class="n" data-label="Size">{number(one.size)}</td><td class={`n ${sign(amount) < 0 ? "short" : "long"}`} data-label="Amount">{signedCash(amount, cashDecimals(terms?.decimals.cash ?? 8))} {terms?.settlement}</td></tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}
