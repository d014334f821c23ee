/** The order ticket: side, type, what may be lost, stop and targets, leverage, and what the node says would happen. */
import { useEffect } from "preact/hooks";
import { isDecimal, move } from "../../decimal";
import { number } from "../../format";
import { ErrorNote, Field, Segmented, Toggle } from "../../parts/controls";
import { useRequest } from "../../parts/request";
import { channel, useChannel } from "../../store/link";
import { session } from "../../store/session";
import { answered, clearAfterPlacing, hasPrice, isTrigger, keepPreviewing, missing, place, previewIsCurrent, question, ticket } from "../../store/ticket";
import { instrument, symbol, toast } from "../../store/ui";
import type { OrderType, Source, Ticker } from "../../wire";
import { Bracket } from "./Bracket";
import { LeverageBox } from "./LeverageBox";
import { PreviewCard } from "./PreviewCard";
import { SizeBox } from "./SizeBox";
import { Welcome } from "./Welcome";

const TYPES: [OrderType, string][] = [
  ["market", "Market"], ["limit", "Limit"], ["stop_market", "Stop market"], ["stop_limit", "Stop limit"],
  ["take_profit_market", "Take profit market"], ["take_profit_limit", "Take profit limit"], ["trailing_stop", "Trailing stop"],
];

export function stepper(value: string, tick: string | undefined, set: (text: string) => void) {
  return (direction: 1 | -1, big: boolean) => { if (tick && isDecimal(value)) set(move(value, tick, direction * (big ? 10 : 1))); };
}

function PriceFields() {
  const terms = instrument.value;
  const ticker = channel<Ticker>(`ticker.${symbol.value}`).value;
  const type = ticket.type.value;
  const touch = ticket.side.value === "buy" ? ticker?.bid : ticker?.ask;
  return (
    <>
      {type === "trailing_stop" ? (
        <Field label="Trails behind by" unit={terms?.quote} value={ticket.trailOffset.value} onInput={(v) => { ticket.trailOffset.value = v; }}
          hint="The stop follows the price at this distance and never moves back." />
      ) : isTrigger.value ? (
        <Field label="Trigger price" unit={terms?.quote} value={ticket.triggerPrice.value} onInput={(v) => { ticket.triggerPrice.value = v; }}
          step={stepper(ticket.triggerPrice.value, terms?.tick, (v) => { ticket.triggerPrice.value = v; })}
          hint="The order is sent when this price is reached." />
      ) : null}
      {isTrigger.value ? (
        <Segmented<Source> small label="Price that triggers" value={ticket.triggerSource.value} onChange={(v) => { ticket.triggerSource.value = v; }}
          choices={[{ value: "mark", text: "Mark" }, { value: "last", text: "Last" }, { value: "index", text: "Index" }]} />
      ) : null}
      {hasPrice.value ? (
        <Field label="Limit price" unit={terms?.quote} value={ticket.price.value} onInput={(v) => { ticket.price.value = v; }}
          step={stepper(ticket.price.value, terms?.tick, (v) => { ticket.price.value = v; })}
          side={touch ? <button type="button" class="link" onClick={() => { ticket.price.value = touch; }}>{ticket.side.value === "buy" ? "best bid" : "best ask"} {number(touch)}</button> : null} />
      ) : null}
    </>
  );
}

function Options() {
  return (
    <div class="ticket-options">
      {hasPrice.value && !isTrigger.value ? (
        <>
          <Toggle label="Post only" on={ticket.postOnly.value} onChange={(on) => { ticket.postOnly.value = on; }}
            hint="Refused instead of trading at once: you pay the maker's fee or nothing." />
          <label class="inline">In force
            <select value={ticket.timeInForce.value} onChange={(event) => { ticket.timeInForce.value = event.currentTarget.value as "gtc"; }}>
              <option value="gtc">until canceled</option><option value="ioc">at once, rest canceled</option><option value="fok">all at once or not</option>
            </select>
          </label>
        </>
      ) : null}
      <Toggle label="Reduce only" on={ticket.reduceOnly.value} onChange={(on) => { ticket.reduceOnly.value = on; }}
        hint="May shrink your position and never opens one." />
    </div>
  );
}

function Send() {
  const request = useRequest();
  const preview = answered.value?.preview;
  const side = ticket.side.value;
  const ready = question.value !== null && preview?.accepted === true;
  const verb = side === "buy" ? "Buy" : "Sell";
  const size = preview && previewIsCurrent.value ? preview.size : null;
  function send(): void {
    void request.run(async () => {
      const order = await place();
      const done = order.state === "filled" ? "filled" : order.state === "waiting" ? "waiting for its trigger" : order.state;
      toast(order.state === "refused" ? "danger" : "good", `${verb} ${number(order.size)} ${order.symbol}: ${done}`,
            order.average_price && order.state === "filled" ? { detail: `Average price ${number(order.average_price)}` } : {});
      clearAfterPlacing();
    });
  }
  return (
    <div class="ticket-send">
      <ErrorNote error={request.error} />
      <button type="submit" class={`send ${side}`} disabled={!ready || request.busy} onClick={(event) => { event.preventDefault(); send(); }}
        aria-describedby="ticket-why">
        {request.busy ? "Sending…" : `${verb} ${size ? number(size) : ""} ${symbol.value ?? ""}`}
      </button>
      <p id="ticket-why" class="muted ticket-why">{missing.value ?? (ready ? "" : preview?.accepted === false ? "The venue would refuse this order." : "")}</p>
    </div>
  );
}

export function Ticket() {
  useEffect(() => keepPreviewing(), []);
  const who = session.value;
  useChannel(who ? "wallet" : null);
  if (who === null) return <Welcome />;
  return (
    <form class="ticket" aria-label="Order ticket" onSubmit={(event) => event.preventDefault()}>
      <div class="ticket-fields">
        <Segmented label="Side" value={ticket.side.value} onChange={(v) => { ticket.side.value = v; }}
          choices={[{ value: "buy", text: "Buy / long", tone: "long" }, { value: "sell", text: "Sell / short", tone: "short" }]} />
        <div class="pair">
          <label class="hidden-text" for="ticket-type">Order type</label>
          <select id="ticket-type" value={ticket.type.value} onChange={(event) => { ticket.type.value = event.currentTarget.value as OrderType; }}>
            {TYPES.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
          </select>
          <Segmented small label="Margin mode" value={ticket.marginMode.value} onChange={(v) => { ticket.marginMode.value = v; }}
            choices={[{ value: "isolated", text: "Isolated" }, { value: "cross", text: "Cross" }]} />
        </div>
        <LeverageBox />
        <PriceFields />
        <SizeBox />
        {isTrigger.value ? null : <Bracket />}
        <Options />
      </div>
      <div class="ticket-foot">
        <PreviewCard />
        <Send />
      </div>
    </form>
  );
}
