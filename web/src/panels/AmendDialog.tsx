/** New numbers for an open order. What stays empty stays as it is. */
import { useState } from "preact/hooks";
import { number } from "../format";
import { Dialog } from "../parts/Dialog";
import { ErrorNote, Field } from "../parts/controls";
import { useRequest } from "../parts/request";
import { channel, socket } from "../store/link";
import { instrumentOf, toast } from "../store/ui";
import type { Order } from "../wire";
import { orderName } from "./account/Orders";
import { stepper } from "./ticket/Ticket";

function AmendForm({ order, onClose }: { order: Order; onClose: () => void }) {
  const tick = instrumentOf(order.symbol)?.tick;
  const [price, setPrice] = useState(order.price ?? "");
  const [trigger, setTrigger] = useState(order.trigger_price ?? "");
  const [size, setSize] = useState(order.remaining);
  const request = useRequest();
  const changes = {
    ...(order.price && price.trim() !== order.price ? { price: price.trim() } : {}),
    ...(order.trigger_price && trigger.trim() !== order.trigger_price ? { trigger_price: trigger.trim() } : {}),
    ...(size.trim() !== order.remaining && !order.close ? { size: size.trim() } : {}),
  };
  return (
    <form class="dialog-form" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => { await socket.ask<Order>("order.amend", { order_id: order.order_id, ...changes }); toast("good", "The order is changed"); onClose(); });
    }}>
      <p class="muted">{order.side} {number(order.remaining)} {order.symbol}, {orderName(order).toLowerCase()}</p>
      {order.price ? <Field label="Price" value={price} onInput={setPrice} step={stepper(price, tick, setPrice)} /> : null}
      {order.trigger_price ? <Field label="Trigger price" value={trigger} onInput={setTrigger} step={stepper(trigger, tick, setTrigger)} /> : null}
      {order.close ? null : <Field label="Remaining size" value={size} onInput={setSize} hint="A smaller size keeps the place in the queue; a larger one or another price goes to its end." />}
      <ErrorNote error={request.error} />
      <div class="buttons"><button type="submit" class="primary" disabled={request.busy || Object.keys(changes).length === 0}>Change the order</button><button type="button" onClick={onClose}>Leave it</button></div>
    </form>
  );
}

export function AmendDialog({ orderId, onClose }: { orderId: string; onClose: () => void }) {
  const order = channel<Order[]>("orders").value?.find((one) => one.order_id === orderId);
  return <Dialog title="Amend order" onClose={onClose}>{order ? <AmendForm order={order} onClose={onClose} /> : <p>This order is no longer open.</p>}</Dialog>;
}
