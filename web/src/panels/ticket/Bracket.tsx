/** Stop and targets that travel with the entry, so that the position is never without them. */
import { isDecimal, onGrid } from "../../decimal";
import { Close } from "../../parts/icons";
import { Field, Hint, Segmented, Toggle } from "../../parts/controls";
import { channel } from "../../store/link";
import { hasPrice, ticket, type TargetDraft } from "../../store/ticket";
import { instrument, symbol } from "../../store/ui";
import type { Source, Ticker } from "../../wire";
import { stepper } from "./Ticket";

const STOPS = [1, 2, 3, 5];
const TARGETS_MAX = 4;

/** The price the entry is likely to get, for placing a stop or target on the screen; the node decides what it really is. */
function reference(): number | null {
  if (hasPrice.value && isDecimal(ticket.price.value)) return Number(ticket.price.value);
  const ticker = channel<Ticker>(`ticker.${symbol.value}`).value;
  const text = ticker?.mark ?? ticker?.last;
  return text ? Number(text) : null;
}

function StopChips() {
  const tick = instrument.value?.tick;
  const direction = ticket.side.value === "buy" ? -1 : 1;
  return (
    <div class="chips" role="group" aria-label="Distance of the stop">
      {STOPS.map((share) => (
        <button key={share} type="button" onClick={() => {
          const from = reference();
          if (from && tick) ticket.stopPrice.value = onGrid(from * (1 + (direction * share) / 100), tick);
        }}>{share} % away</button>
      ))}
    </div>
  );
}

function addTarget(): void {
  const from = reference();
  const tick = instrument.value?.tick;
  const stop = isDecimal(ticket.stopPrice.value) ? Number(ticket.stopPrice.value) : null;
  const drafts = ticket.targets.value;
  const price = from && stop && tick ? onGrid(from + (from - stop) * (drafts.length + 1), tick) : "";
  const count = drafts.length + 1;
  const even = Math.floor(100 / count);
  ticket.targets.value = [...drafts, { price, share: "" }].map((draft, i) => ({ ...draft, share: String(i === count - 1 ? 100 - even * (count - 1) : even) }));
}

function change(at: number, part: Partial<TargetDraft>): void {
  ticket.targets.value = ticket.targets.value.map((draft, i) => (i === at ? { ...draft, ...part } : draft));
}

function Targets() {
  const tick = instrument.value?.tick;
  return (
    <>
      {ticket.targets.value.map((draft, i) => (
        <div class="target-row" key={i}>
          <Field label={`Target ${i + 1}`} value={draft.price} onInput={(v) => change(i, { price: v })} step={stepper(draft.price, tick, (v) => change(i, { price: v }))} />
          <Field label="Share" unit="%" value={draft.share} onInput={(v) => change(i, { share: v })} />
          <button type="button" class="icon" aria-label={`Remove target ${i + 1}`} onClick={() => { ticket.targets.value = ticket.targets.value.filter((_, k) => k !== i); }}><Close /></button>
        </div>
      ))}
      {ticket.targets.value.length > 1 ? (
        <Toggle label="Trail the stop as targets fill" on={ticket.ladder.value} onChange={(on) => { ticket.ladder.value = on; }}
          hint="After the first target the stop moves to the entry, after each next one to the target before it." />
      ) : null}
    </>
  );
}

export function Bracket() {
  const needed = ticket.sizeBy.value === "risk";
  return (
    <fieldset class="box">
      <legend class="hidden-text">Stop and targets</legend>
      <div class="stop-row">
        <Field label={needed ? "Stop price" : "Stop price (optional)"} value={ticket.stopPrice.value} unit={instrument.value?.quote}
          onInput={(v) => { ticket.stopPrice.value = v; }} step={stepper(ticket.stopPrice.value, instrument.value?.tick, (v) => { ticket.stopPrice.value = v; })}
          hint="Sent with the entry: as soon as a part is filled, that part has its stop." />
        <Segmented<Source> small label="Stop triggered by" value={ticket.stopSource.value} onChange={(v) => { ticket.stopSource.value = v; }}
          choices={[{ value: "mark", text: "Mark" }, { value: "last", text: "Last" }]} />
      </div>
      <StopChips />
      <Targets />
      {ticket.targets.value.length < TARGETS_MAX ? (
        <span class="toggle-line">
          <button type="button" class="small" disabled={!isDecimal(ticket.stopPrice.value)} onClick={addTarget}>Add a target</button>
          <Hint label="a target" text="A price at which part of the position is closed with profit. The first is set as far from the entry as the stop is." />
        </span>
      ) : null}
    </fieldset>
  );
}
