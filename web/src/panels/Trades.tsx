/** The tape: trades as they come, forced ones marked. */
import { clock, number } from "../format";
import { Empty, Scroll } from "../parts/controls";
import { useChannel } from "../store/link";
import { pick, symbol } from "../store/ui";
import type { Trade } from "../wire";

const SHOWN = 60;

export function Trades() {
  const name = symbol.value;
  const trades = useChannel<Trade[]>(name ? `trades.${name}` : null).value;
  return (
    <section class="panel trades" aria-label="Trades">
      <header class="panel-head"><h2>Trades</h2></header>
      {trades && trades.length ? (
        <Scroll label="Latest trades">
          <table>
            <thead><tr><th scope="col">Price</th><th scope="col" class="n">Size</th><th scope="col" class="n">Time</th></tr></thead>
            <tbody>
              {trades.slice(0, SHOWN).map((trade) => (
                <tr key={trade.id} class={trade.liquidation ? "forced" : ""} onClick={() => pick(trade.price)}>
                  <td class={trade.side === "buy" ? "long" : "short"}>{number(trade.price)}<span class="hidden-text"> {trade.side}</span>{trade.liquidation ? <i class="liq" role="img" aria-label="liquidation" title="A liquidation traded here" /> : null}</td>
                  <td class="n">{number(trade.size)}</td>
                  <td class="n muted">{clock(trade.time)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      ) : <Empty title={trades ? "No trade yet" : "Waiting for trades…"} />}
    </section>
  );
}
