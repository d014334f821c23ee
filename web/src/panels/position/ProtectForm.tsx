/** A stop for a position that has none: it closes whatever is left of it. */
import { useState } from "preact/hooks";
import { isDecimal, onGrid, sign } from "../../decimal";
import { number } from "../../format";
import { ErrorNote, Field } from "../../parts/controls";
import { useRequest } from "../../parts/request";
import { socket } from "../../store/link";
import { instrumentOf, toast } from "../../store/ui";
import type { Order, Position } from "../../wire";
import { stepper } from "../ticket/Ticket";

export function ProtectForm({ position, onDone }: { position: Position; onDone: () => void }) {
  const terms = instrumentOf(position.symbol);
  const long = sign(position.size) > 0;
  const [price, setPrice] = useState("");
  const request = useRequest();
  const away = (share: number) => terms && onGrid(Number(position.mark) * (1 + (long ? -share : share) / 100), terms.tick);
  return (
    <form class="dialog-form" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => {
        await socket.ask<Order>("order.place", { symbol: position.symbol, side: long ? "sell" : "buy", type: "stop_market", trigger_price: price.trim(), trigger_source: "mark", close: true });
        toast("good", `Stop at ${number(price)}`, { detail: "It is a line on the chart that you can drag." });
        onDone();
      });
    }}>
      <p>When the mark reaches the stop, the whole position is closed at the market. Put it before the liquidation price, {number(position.liquidation_price)}.</p>
      <Field label="Stop price" unit={terms?.quote} value={price} onInput={setPrice} step={stepper(price, terms?.tick, setPrice)} />
      <div class="chips" role="group" aria-label="Distance of the stop">{[1, 2, 3, 5].map((share) => <button key={share} type="button" onClick={() => { const at = away(share); if (at) setPrice(at); }}>{share} % away</button>)}</div>
      <ErrorNote error={request.error} />
      <div class="buttons"><button type="submit" class="primary" disabled={request.busy || !isDecimal(price)}>Set the stop</button><button type="button" onClick={onDone}>Not now</button></div>
    </form>
  );
}
