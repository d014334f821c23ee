/** A plan to leave in steps: the node makes it and says what each step locks in; prices and sizes can be changed before it is sent. */
import { useState } from "preact/hooks";
import { absolute, isDecimal, onGrid, sign } from "../../decimal";
import { cashDecimals, NONE, number, signedCash } from "../../format";
import { ErrorNote, Field } from "../../parts/controls";
import { useRequest } from "../../parts/request";
import { get, post } from "../../rest";
import { instrumentOf, toast } from "../../store/ui";
import type { Order, Position, VenueError } from "../../wire";

interface Step { price: string; size: string; profit: string | null; locked_in: string | null }
interface Plan { orders: Step[]; total_profit: string; left: string }

export function ScaleOutForm({ position, onDone }: { position: Position; onDone: () => void }) {
  const terms = instrumentOf(position.symbol);
  const long = sign(position.size) > 0;
  const decimals = cashDecimals(terms?.decimals.cash ?? 8);
  const [last, setLast] = useState(onGrid(Number(position.mark) * (long ? 1.04 : 0.96), terms?.tick ?? "1"));
  const [count, setCount] = useState("3");
  const [steps, setSteps] = useState<Step[]>([]);
  const request = useRequest();
  const planning = useRequest();
  const [refused, setRefused] = useState<VenueError[]>([]);
  const plan = () => void planning.run(async () => {
    const answer = await get<Plan>(`positions/${position.symbol}/scale_out?count=${Math.round(Number(count)) || 1}&target_price=${encodeURIComponent(last.trim())}`);
    setSteps(answer.orders);
  });
  const change = (at: number, part: Partial<Step>) => setSteps(steps.map((step, i) => (i === at ? { ...step, ...part, profit: null, locked_in: null } : i > at ? { ...step, locked_in: null } : step)));
  return (
    <form class="dialog-form" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => {
        const answer = await post<{ items: Order[]; errors?: VenueError[] }>(`positions/${position.symbol}/scale_out`, { steps: steps.map(({ price, size }) => ({ price: price.trim(), size: size.trim() })) });
        toast(answer.errors?.length ? "warning" : "good", `${answer.items.length} closing orders are in the book`, { detail: answer.errors?.length ? `${answer.errors.length} were refused.` : undefined });
        setRefused(answer.errors ?? []);
        if (!answer.errors?.length) onDone();
      });
    }}>
      <p>Leave {number(absolute(position.size))} contracts in steps, with orders that only reduce.</p>
      <div class="plan-row">
        <Field label="Last price" unit={terms?.quote} value={last} onInput={setLast} />
        <Field label="Steps" value={count} onInput={setCount} />
        <button type="button" onClick={plan} disabled={planning.busy || !isDecimal(last)}>Make a plan</button>
      </div>
      <ErrorNote error={planning.error} />
      {steps.length ? (
        <table>
          <thead><tr><th scope="col">Step</th><th scope="col">Price</th><th scope="col">Contracts</th><th scope="col" class="n">Profit</th><th scope="col" class="n">Locked in, {terms?.settlement}</th></tr></thead>
          <tbody>{steps.map((step, i) => (
            <tr key={i}><th scope="row">{i + 1}</th>
              <td><input class="cell" aria-label={`Price of step ${i + 1}`} inputMode="decimal" value={step.price} onInput={(event) => change(i, { price: event.currentTarget.value })} /></td>
              <td><input class="cell" aria-label={`Contracts of step ${i + 1}`} inputMode="decimal" value={step.size} onInput={(event) => change(i, { size: event.currentTarget.value })} /></td>
              <td class={`n ${sign(step.profit) < 0 ? "short" : "long"}`}>{step.profit ? signedCash(step.profit, decimals) : NONE}</td><td class="n">{step.locked_in ? signedCash(step.locked_in, decimals) : NONE}</td></tr>
          ))}</tbody>
        </table>
      ) : <p class="muted">Say where the last part should go, and in how many steps. The venue says what each step locks in, fees included.</p>}
      <ErrorNote error={request.error} />
      {refused.map((error, i) => <ErrorNote key={i} error={error} />)}
      <div class="buttons"><button type="submit" class="primary" disabled={request.busy || !steps.length || !steps.every((step) => isDecimal(step.price) && isDecimal(step.size))}>Place {steps.length || ""} orders</button><button type="button" onClick={onDone}>Leave it</button></div>
    </form>
  );
}
