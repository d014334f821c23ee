/** A plan to leave in steps: prices from here to a last target, sizes that add up to the position, sent as resting orders. */
import { useState } from "preact/hooks";
import { absolute, isDecimal, onGrid, sign } from "../../decimal";
import { number } from "../../format";
import { ErrorNote, Field } from "../../parts/controls";
import { useRequest } from "../../parts/request";
import { post } from "../../rest";
import { instrumentOf, toast } from "../../store/ui";
import type { Order, Position, VenueError } from "../../wire";
import { split } from "./split";

interface Step { price: string; size: string }

export function ScaleOutForm({ position, onDone }: { position: Position; onDone: () => void }) {
  const terms = instrumentOf(position.symbol);
  const long = sign(position.size) > 0;
  const tick = terms?.tick ?? "1";
  const [last, setLast] = useState(onGrid(Number(position.mark) * (long ? 1.04 : 0.96), tick));
  const [count, setCount] = useState("3");
  const [steps, setSteps] = useState<Step[]>([]);
  const request = useRequest();
  const [refused, setRefused] = useState<VenueError[]>([]);
  function plan(): void {
    const n = Math.max(1, Math.min(20, Math.round(Number(count)) || 1));
    const from = Number(position.mark);
    const sizes = split(absolute(position.size), terms?.lot ?? "1", n);
    setSteps(sizes.map((size, i) => ({ size, price: onGrid(from + ((Number(last) - from) * (i + 1)) / n, tick) })));
  }
  const change = (at: number, part: Partial<Step>) => setSteps(steps.map((step, i) => (i === at ? { ...step, ...part } : step)));
  return (
    <form class="dialog-form" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => {
        const answer = await post<{ items: Order[]; errors?: VenueError[] }>(`positions/${position.symbol}/scale_out`, { steps });
        toast(answer.errors?.length ? "warning" : "good", `${answer.items.length} closing orders are in the book`, { detail: answer.errors?.length ? `${answer.errors.length} were refused.` : undefined });
        setRefused(answer.errors ?? []);
        if (!answer.errors?.length) onDone();
      });
    }}>
      <p>Leave {number(absolute(position.size))} contracts in steps, with orders that only reduce.</p>
      <div class="plan-row">
        <Field label="Last price" unit={terms?.quote} value={last} onInput={setLast} />
        <Field label="Steps" value={count} onInput={setCount} />
        <button type="button" onClick={plan}>Make a plan</button>
      </div>
      {steps.length ? (
        <table>
          <thead><tr><th scope="col">Step</th><th scope="col">Price</th><th scope="col">Contracts</th></tr></thead>
          <tbody>{steps.map((step, i) => (
            <tr key={i}><th scope="row">{i + 1}</th>
              <td><input class="cell" aria-label={`Price of step ${i + 1}`} inputMode="decimal" value={step.price} onInput={(event) => change(i, { price: event.currentTarget.value })} /></td>
              <td><input class="cell" aria-label={`Contracts of step ${i + 1}`} inputMode="decimal" value={step.size} onInput={(event) => change(i, { size: event.currentTarget.value })} /></td></tr>
          ))}</tbody>
        </table>
      ) : <p class="muted">Say where the last part should go, and in how many steps.</p>}
      <ErrorNote error={request.error} />
      {refused.map((error, i) => <ErrorNote key={i} error={error} />)}
      <div class="buttons"><button type="submit" class="primary" disabled={request.busy || !steps.length || !steps.every((step) => isDecimal(step.price) && isDecimal(step.size))}>Place {steps.length || ""} orders</button><button type="button" onClick={onDone}>Leave it</button></div>
    </form>
  );
}
