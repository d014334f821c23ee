/** Close the whole position: at the market, or with a limit. */
import { useState } from "preact/hooks";
import { isDecimal, sign } from "../../decimal";
import { cashDecimals, number, signedCash } from "../../format";
import { ErrorNote, Field, Segmented } from "../../parts/controls";
import { useRequest } from "../../parts/request";
import { post } from "../../rest";
import { instrumentOf, toast } from "../../store/ui";
import type { Order, Position } from "../../wire";
import { stepper } from "../ticket/Ticket";

export function CloseForm({ position, onDone }: { position: Position; onDone: () => void }) {
  const [how, setHow] = useState<"market" | "limit">("market");
  const [price, setPrice] = useState(position.mark);
  const request = useRequest();
  const terms = instrumentOf(position.symbol);
  const long = sign(position.size) > 0;
  return (
    <form class="dialog-form" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => {
        const order = await post<Order>(`positions/${position.symbol}/close`, how === "limit" ? { price: price.trim() } : {});
        toast("good", order.state === "filled" ? `${position.symbol} closed` : `Closing order for ${position.symbol} is ${order.state}`,
              order.average_price ? { detail: `Average price ${number(order.average_price)}` } : {});
        onDone();
      });
    }}>
      <p>{long ? "Sell" : "Buy"} {number(position.size.replace("-", ""))} contracts. At the mark the position stands at <strong class={sign(position.unrealized) < 0 ? "short" : "long"}>{signedCash(position.unrealized, cashDecimals(terms?.decimals.cash ?? 8))} {terms?.settlement}</strong>.
        Stops and targets of the position are canceled with it.</p>
      <Segmented label="How to close" value={how} onChange={setHow} choices={[{ value: "market", text: "At the market" }, { value: "limit", text: "With a limit" }]} />
      {how === "limit" ? <Field label="Limit price" unit={terms?.quote} value={price} onInput={setPrice} step={stepper(price, terms?.tick, setPrice)} /> : null}
      <ErrorNote error={request.error} />
      <div class="buttons"><button type="submit" class="danger" disabled={request.busy || (how === "limit" && !isDecimal(price))}>Close position</button><button type="button" onClick={onDone}>Keep it</button></div>
    </form>
  );
}
