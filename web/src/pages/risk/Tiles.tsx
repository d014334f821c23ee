/** Headline figures of the desk. */
import { absolute, sign, subtract } from "../../decimal";
import { cash, compact, moment, number, signedCash } from "../../format";
import { Hint } from "../../parts/controls";
import type { Instrument, Risk, Ticker, WaterfallLayer } from "../../wire";

interface TileProps { name: string; value: string; below?: string; tone?: string; hint: string }

function Tile({ name, value, below, tone, hint }: TileProps) {
  return <div class="tile"><dt>{name} <Hint label={name} text={hint} /></dt><dd><span class={`tile-value ${tone ?? ""}`}>{value}</span><small>{below ?? "\u00a0"}</small></dd></div>;
}

export function Tiles({ risk, ticker, terms }: { risk: Risk; ticker: Ticker | undefined; terms: Instrument }) {
  const points = risk.insurance_fund;
  const first = points[0]?.value;
  const last = ticker?.insurance_fund ?? points[points.length - 1]?.value;
  const change = first && last ? subtract(last, first) : null;
  const asset = terms.settlement;
  return (
    <dl class="tiles" aria-label="Figures">
      <Tile name="Insurance fund" value={cash(last, 2)} tone={sign(change) < 0 ? "short" : ""} below={change ? `${signedCash(change, 2)} ${asset} in this window` : asset} hint="Pays losses past bankruptcy; fed by liquidations that close better than bankruptcy." />
      <Tile name="Open interest" value={compact(risk.open_interest)} below={ticker ? `${compact(ticker.open_interest_value)} ${asset}` : undefined} hint="All long contracts; there are as many short ones." />
      <Tile name="Accounts long" value={number(String(risk.long_accounts))} hint="Accounts with a long position." tone="long" below={`${share(risk.long_accounts, risk.short_accounts)} of those in the market`} />
      <Tile name="Accounts short" value={number(String(risk.short_accounts))} hint="Accounts with a short position." tone="short" below={`${share(risk.short_accounts, risk.long_accounts)} of those in the market`} />
      <Tile name="Deleveraged, 24 h" value={compact(risk.deleveraged_24h)} below="contracts" hint="Contracts of winners closed at a loser's bankruptcy price because nobody else took them." tone={sign(risk.deleveraged_24h) ? "warning-ink" : ""} />
      {risk.margin_calls?.count ? <Tile name="Margin calls" value={number(String(risk.margin_calls.count))} tone="warning-ink" below={`${cash(risk.margin_calls.asked, 2)} ${asset} asked for, next by ${moment(risk.margin_calls.next_deadline)}`} hint="Wallets that were given time: what they were asked for in all, and the first deadline (UTC)." /> : null}
      <Tile name="Bad debt" value={cash(absolute(risk.bad_debt), 2)} below={`${asset} · shared losses ${cash(risk.socialized, 2)}`} hint="Losses that fund and deleveraging did not cover, booked in plain sight." tone={sign(risk.bad_debt) ? "short" : ""} />
      {risk.waterfall.length > 0 && <Layers layers={risk.waterfall} />}
    </dl>
  );
}

function Layers({ layers }: { layers: WaterfallLayer[] }) {
  const touched = layers.filter((layer) => layer.held !== layer.amount);
  const last = touched[touched.length - 1];
  return <Tile name="Waterfall" value={`${touched.length} of ${layers.length}`} below={last ? `${last.name}: ${cash(last.held, 2)} left` : `untouched; first ${layers[0]?.name ?? ""}`} hint="Layers that pay a loss after the fund, in order: how many have paid, and what the last of them still holds." tone={last ? "warning-ink" : ""} />;
}

function share(part: number, other: number): string {
  const all = part + other;
  return all ? `${Math.round((100 * part) / all)} %` : "–";
}
