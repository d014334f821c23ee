/** One line of the market: price, mark, index, funding with its countdown, open interest, fund. */
import type { ComponentChildren } from "preact";
import { sign } from "../decimal";
import { cash, compact, NONE, number, percent, signedPercent, span } from "../format";
import { useChannel } from "../store/link";
import { chosenSymbol, instrument, instruments, symbol } from "../store/ui";
import type { Ticker } from "../wire";

const tone = (text: string | null | undefined) => (sign(text) > 0 ? "long" : sign(text) < 0 ? "short" : "");

function Cell({ name, title, children, wide }: { name: string; title: string; children: ComponentChildren; wide?: string }) {
  return <div class={`tick-cell ${wide ?? ""}`} title={title}><dt>{name}</dt><dd>{children}</dd></div>;
}

function SymbolPicker() {
  const all = instruments.value ?? [];
  if (all.length <= 1) return <h1 class="symbol">{symbol.value ?? NONE}</h1>;
  return (
    <h1 class="symbol">
      <select aria-label="Instrument" value={symbol.value ?? ""} onChange={(event) => { chosenSymbol.value = event.currentTarget.value; }}>
        {all.map((one) => <option key={one.symbol} value={one.symbol}>{one.symbol}</option>)}
      </select>
    </h1>
  );
}

export function TickerStrip() {
  const name = symbol.value;
  const ticker = useChannel<Ticker>(name ? `ticker.${name}` : null).value;
  const terms = instrument.value;
  const funding = ticker?.funding_time ? span(ticker.funding_time - ticker.time) : NONE;
  return (
    <section class="ticker" aria-label="Market">
      <div class="ticker-head">
        <SymbolPicker />
        <p class={`last ${tone(ticker?.change_24h)}`} title="Last traded price"><span class="hidden-text">Last price </span>{number(ticker?.last)}</p>
        <p class={`change ${tone(ticker?.change_24h)}`} title="Against 24 hours ago">{signedPercent(ticker?.change_24h)}</p>
      </div>
      <dl class="tick-cells">
        <Cell name="Mark" title="Price used for margin and liquidation. Never the last trade."><span class="mark-ink">{number(ticker?.mark)}</span></Cell>
        <Cell name="Index" title="Reference price from outside sources"><span class="index-ink">{number(ticker?.index)}</span></Cell>
        <Cell name="Funding" title="Paid by longs to shorts where positive, at the time in the countdown">
          <span class={ticker && sign(ticker.funding_rate) < 0 ? "long" : ""}>{percent(ticker?.funding_rate, 4)}</span> <span class="muted">in {funding}</span>
        </Cell>
        <Cell name="Open interest" title="All long contracts, which are as many as the short ones" wide="wide-1">
          {compact(ticker?.open_interest)} <span class="muted">{terms?.quote === "USD" || terms?.kind === "inverse" ? terms?.quote : ""}</span>
        </Cell>
        <Cell name="24 h volume" title="Contracts traded in 24 hours of the venue's clock" wide="wide-2">{compact(ticker?.volume_24h)}</Cell>
        <Cell name="24 h range" title="Lowest and highest trade in 24 hours" wide="wide-3">{number(ticker?.low_24h)} – {number(ticker?.high_24h)}</Cell>
        <Cell name="Insurance fund" title="Pays losses past bankruptcy, before anybody else does" wide="wide-1">
          {cash(ticker?.insurance_fund, 2)} <span class="muted">{terms?.settlement ?? ""}</span>
        </Cell>
      </dl>
    </section>
  );
}
