/** One liquidation, read from the top: in words, then price, margin, steps, who paid, and the clock. */
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { absolute, isZero, sign } from "../../decimal";
import { cash, cashDecimals, clock, day, moment, number, percent, shortened, signedCash, words } from "../../format";
import { instruments } from "../../store/ui";
import { MarginPicture } from "./MarginPicture";
import { PriceTables } from "./PriceTables";
import type { Story, StoryCall, Takeover } from "./story";

type Money = (text: string | null | undefined) => string;

export function useMoney(asset: string): Money {
  const decimals = cashDecimals(instruments.value?.find((terms) => terms.settlement === asset)?.decimals.cash ?? 8);
  return useMemo(() => (text) => `${cash(text, decimals)} ${asset}`, [asset, decimals]);
}

function Part({ step, title, children }: { step: number; title: string; children: ComponentChildren }) {
  return <section class="story-part" aria-labelledby={`part-${step}`}><h2 id={`part-${step}`}><span aria-hidden="true">{step}</span>{title}</h2><div class="story-body">{children}</div></section>;
}

function Prevention({ story, money }: { story: Story; money: Money }) {
  const p = story.prevention;
  return (
    <section class="card prevention" aria-label="What would have prevented it">
      <h2>What would have prevented it</h2>
      <dl class="prevention-figures">
        <div><dt>More margin, at that mark</dt><dd>{money(p.margin_now)}</dd></div>
        <div><dt>More margin, for the hour after</dt><dd>{money(p.margin_hour)}</dd><dd class="muted">{p.worst_marks.map((one) => `worst mark ${number(one.mark)}`).join(", ")}{p.hour_complete ? "" : " so far"}</dd></div>
        {p.leverage ? <div><dt>Leverage of at most</dt><dd>{number(p.leverage)}×</dd></div> : null}
        {p.stop_price ? <div><dt>A stop at</dt><dd>{number(p.stop_price)}</dd><dd class="muted">half of the margin left</dd></div> : null}
      </dl>
      <ul class="plain">{p.sentences.map((one) => <li key={one}>{one}</li>)}</ul>
    </section>
  );
}

function Fills({ takeover, money }: { takeover: Takeover; money: Money }) {
  if (!takeover.fills.length) return null;
  return (
    <details><summary>{takeover.fill_count} trade{takeover.fill_count === 1 ? "" : "s"} in the book, {number(takeover.filled)} contracts</summary>
      <table><thead><tr><th scope="col">Time</th><th scope="col" class="n">Price</th><th scope="col" class="n">Contracts</th><th scope="col">As</th><th scope="col" class="n">Fee</th></tr></thead>
        <tbody>{takeover.fills.map((fill, i) => <tr key={i}><td class="muted">{clock(fill.time)}</td><td class="n">{number(fill.price)}</td><td class="n">{number(fill.size)}</td><td>{fill.liquidity}</td><td class="n">{money(fill.fee)}</td></tr>)}</tbody></table>
    </details>
  );
}

const CALL_ENDS: Record<StoryCall["kind"], string> = { called: "Margin call", margin_call_missed: "The deadline passed", close_out_reached: "The close-out level was reached" };

/** From the call to the liquidation: what was asked, until when, how it ended. */
function Called({ story, money }: { story: Story; money: Money }) {
  const windows = story.positions.flatMap((one) => (one.window ? [{ symbol: one.symbol, ...one.window }] : []));
  return (
    <ol class="ladder-steps call-steps">
      {windows.map((one) => <li key={one.symbol}><h3>{one.symbol}: the margin window {one.name} held</h3><p class="muted">{one.since ? `Since ${moment(one.since)} UTC. ` : ""}What must be held depends on the side and the time of the day.</p></li>)}
      {story.calls.map((one) => (
        <li key={one.time}><h3>{CALL_ENDS[one.kind]}{one.kind === "called" ? `: ${money(one.due)} by ${moment(one.deadline)} UTC` : ""}</h3>
          <p class="muted">{moment(one.time)} UTC · equity {money(one.equity)}, needed {money(one.maintenance_margin)}{one.kind === "close_out_reached" ? `; the deadline would have been ${moment(one.deadline)} UTC` : ""}</p></li>
      ))}
      <li><h3>Liquidation began</h3><p class="muted">{moment(story.started)} UTC · equity {money(story.equity)}</p></li>
    </ol>
  );
}

function Steps({ story, money }: { story: Story; money: Money }) {
  const canceled = story.canceled_orders;
  return (
    <ol class="ladder-steps">
      {canceled.count ? <li><h3>{canceled.count} open order{canceled.count === 1 ? "" : "s"} canceled</h3><p class="muted">Their margin was freed first.</p>
        <ul class="plain">{canceled.listed.slice(0, 8).map((one) => <li key={one.order_id}>{clock(one.time)} {one.side} {number(one.size)} {one.symbol} {one.price ? `at ${number(one.price)}` : ""}{one.trigger_price ? ` trigger ${number(one.trigger_price)}` : ""}</li>)}</ul></li> : null}
      {story.steps.map((step, i) => (
        <li key={i}><h3>{step.size ? `Stepped down: ${number(absolute(step.size))} contracts closed` : words(step.kind)}</h3>
          <p class="muted">{clock(step.time)} · equity {money(step.equity)}, needed {money(step.maintenance_margin)}{step.limit ? ` · limit ${number(step.limit)}, ${number(step.remaining)} left` : ""}</p>
          {step.fills.length ? <ul class="plain">{step.fills.map((fill, k) => <li key={k}>{number(fill.size)} at {number(fill.price)}, fee {money(fill.fee)}</li>)}</ul> : null}</li>
      ))}
      {story.takeovers.map((one, i) => (
        <li key={`t${i}`}><h3>{number(absolute(one.size))} {one.symbol} taken over{one.bankruptcy_price ? ` at the bankruptcy price ${number(one.bankruptcy_price)}` : ""}</h3>
          <p class="muted">{clock(one.time)} · you realized {money(one.realized)}{isZero(one.fee) ? "" : `, fee ${money(one.fee)}`}</p><Fills takeover={one} money={money} />
          {isZero(one.assigned) ? null : <p>{number(one.assigned)} contracts were assigned to accounts that opted in to take them.</p>}
          {isZero(one.netted) ? null : <p>{number(one.netted)} contracts met a position taken over from the other side.</p>}</li>
      ))}
      {story.conversions.map((one) => (
        <li key={`c${one.time}${one.asset}`}><h3>{number(one.amount)} {one.asset} of your collateral sold for {money(one.received)}</h3>
          <p class="muted">{clock(one.time)} · the wallet was below zero; conversion fee {money(one.fee)}</p></li>
      ))}
      {story.outcome ? <li><h3>Ended: {words(story.outcome)}</h3><p class="muted">{moment(story.ended)} UTC</p></li> : <li><h3>Still going on</h3></li>}
    </ol>
  );
}

function WhoPaid({ story, money }: { story: Story; money: Money }) {
  return (
    <table>
      <thead><tr><th scope="col">Position</th><th scope="col" class="n">To the fund</th><th scope="col" class="n">From the fund</th><th scope="col" class="n">Deleveraged against</th><th scope="col" class="n">Result</th></tr></thead>
      <tbody>{story.takeovers.map((one, i) => (
        <tr key={i}><th scope="row">{number(absolute(one.size))} {one.symbol}</th><td class="n long">{money(one.to_fund)}</td><td class="n short">{money(one.from_fund)}</td>
          <td class="n">{one.deleveraged.counterparties ? `${one.deleveraged.counterparties} accounts, ${number(one.deleveraged.size)}` : "nobody"}</td><td class="n">{one.closed ? signedCash(one.result, 5) : "open"}</td></tr>
      ))}</tbody>
      <caption class="below">{story.socialized.accounts ? `${money(story.socialized.amount)} were shared among ${story.socialized.accounts} winners. ` : ""}{isZero(story.bad_debt) ? "No bad debt was left. You owe nothing." : `${money(story.bad_debt)} stayed as bad debt of the venue. You owe nothing.`}</caption>
    </table>
  );
}

export function StoryView({ story }: { story: Story }) {
  const money = useMoney(story.asset);
  const first = story.positions[0];
  const alone = story.positions.length === 1 && first;
  const before = story.calls.length || story.positions.some((one) => one.window) ? 1 : 0;
  const words = story.sentences.filter((one) => !story.prevention.sentences.includes(one));
  return (
    <article class="page-inner story">
      <header class="story-head">
        <p class="muted"><a href="#/liquidations">All liquidations</a> · {day(story.started)}, {clock(story.started)} UTC</p>
        <h1>{alone ? <>Your {first.side} of {number(absolute(first.size))} {first.symbol} was liquidated at a mark of <span class="mark-ink">{number(first.mark)}</span></> : `Your ${story.asset} wallet was liquidated`}</h1>
        <p class="lead">It needed {money(story.maintenance_margin)} to stay open and had {money(story.equity)}.{story.complete ? "" : " The hour after is still running; the last figures may change."}</p>
      </header>
      <Prevention story={story} money={money} />
      <Part step={1} title="In plain words"><ul class="plain sentences">{words.map((one) => <li key={one}>{one}</li>)}</ul></Part>
      <Part step={2} title="Where the price came from">{story.positions.map((one) => <PriceTables key={one.symbol} position={one} />)}</Part>
      <Part step={3} title="Margin, added up">
        <MarginPicture story={story} money={money} />
        {story.positions.map((one) => (
          <dl class="figures arithmetic" key={one.symbol}>
            <div><dt>Position</dt><dd><span class={`pill ${one.side}`}>{one.side}</span> {number(absolute(one.size))} {one.symbol} from {shortened(one.entry_price, 2)}{Number(one.leverage) ? `, ${shortened(one.leverage, 1)}×` : ""}, {one.margin_mode}</dd></div>
            <div><dt>Value at the mark</dt><dd>{money(one.value)}</dd></div>
            <div><dt>{one.collateral === null ? "Wallet balance behind it" : "Collateral"}</dt><dd>{money(one.collateral ?? story.balance)}</dd></div>
            <div><dt>Unrealized profit and loss</dt><dd class={sign(one.unrealized) < 0 ? "short" : "long"}>{money(one.unrealized)}</dd></div>
            {alone ? <div class="main sum"><dt>Equity</dt><dd>{money(story.equity)}</dd></div> : null}
            <div class="main"><dt>Maintenance margin</dt><dd>{money(one.maintenance.amount)}</dd></div>
            <div><dt class="indent">rate of tier {one.maintenance.tier}, on {one.maintenance.charged_on} value</dt><dd>{percent(one.maintenance.rate, 3)}</dd></div>
            {Number(one.maintenance.close_fee_rate) ? <div><dt class="indent">fee to close</dt><dd>{percent(one.maintenance.close_fee_rate, 4)}</dd></div> : null}
            {Number(one.maintenance.coming_funding) ? <div><dt class="indent">coming funding</dt><dd>{percent(one.maintenance.coming_funding, 4)}</dd></div> : null}
            <div><dt>Stops that waited</dt><dd>{one.stops.length ? one.stops.map((stop) => `${number(stop.price)} on ${stop.source}`).join(", ") : "none"}</dd></div>
          </dl>
        ))}
      </Part>
      {before ? <Part step={4} title="The call before it"><Called story={story} money={money} /></Part> : null}
      <Part step={4 + before} title="What the venue did, step by step"><Steps story={story} money={money} /></Part>
      <Part step={5 + before} title="Who paid">{story.takeovers.length ? <WhoPaid story={story} money={money} /> : <p>Nobody took the position over; nobody else paid.</p>}</Part>
      <Part step={6 + before} title="Timeline"><ol class="timeline">{story.timeline.map((one, i) => <li key={i}><time>{clock(one.time)}</time><span>{one.text}</span></li>)}</ol></Part>
    </article>
  );
}
