/** Leverage as a slider over steps that traders use, and as a number. */
import { Field } from "../../parts/controls";
import { position, ticket } from "../../store/ticket";
import { instrument } from "../../store/ui";

const STEPS = [1, 2, 3, 5, 7, 10, 15, 20, 25, 33, 50, 75, 100, 125];

export function LeverageBox() {
  const most = Number(instrument.value?.leverage_max ?? 100);
  const steps = STEPS.filter((one) => one < most).concat(most);
  const chosen = Number(ticket.leverage.value) || 1;
  const at = steps.findIndex((one) => one >= chosen);
  const held = position.value;
  const changes = held && Number(held.leverage) !== chosen && !ticket.reduceOnly.value;
  return (
    <div class="leverage">
      <div class="leverage-row">
        <label for="leverage-slider">Leverage</label>
        <input id="leverage-slider" type="range" min={0} max={steps.length - 1} step={1} value={at < 0 ? steps.length - 1 : at}
          aria-valuetext={`${chosen} times`} onInput={(event) => { ticket.leverage.value = String(steps[Number(event.currentTarget.value)]); }} />
        <Field label="Leverage number" unit="×" value={ticket.leverage.value} onInput={(v) => { ticket.leverage.value = v; }} />
      </div>
      {changes ? <p class="box-note warning-ink">Sending sets your whole {held.symbol} position from {held.leverage}× to {ticket.leverage.value}×.</p> : null}
    </div>
  );
}
