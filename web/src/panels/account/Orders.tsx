/** Open orders, stops and targets: amend and cancel. */
import { signal } from "@preact/signals";
import { clock, number, words } from "../../format";
import { Close, Pencil } from "../../parts/icons";
import { Empty, Scroll } from "../../parts/controls";
import { asError } from "../../parts/request";
import { channel, socket } from "../../store/link";
import { dialog, toast } from "../../store/ui";
import type { Order } from "../../wire";

const busy = signal<ReadonlySet<string>>(new Set());

async function cancel(order: Order): Promise<void> {
  busy.value = new Set([...busy.value, order.order_id]);
  try {
    await socket.ask("order.cancel", { order_id: order.order_id });
    toast("info", `${order.symbol} ${words(order.type)} canceled`);
  } catch (error) {
    const refused = asError(error);
    toast("danger", refused.message, { detail: refused.do ?? undefined });
  } finally {
    busy.value = new Set([...busy.value].filter((id) => id !== order.order_id));
  }
}

export function orderName(order: Order): string {
  if (order.role === "stop") return "Stop";
  if (order.role === "target") return "Target";
  if (order.role === "liquidation") return "Liquidation";
  return words(order.type);
}

function bracketText(order: Order): string {
  const bracket = order.bracket;
  if (!bracket) return "";
  const targets = bracket.targets ?? [];
  return [bracket.stop_price ? `stop ${number(bracket.stop_price)}` : "", targets.length ? `targets ${targets.map((one) => number(one.price)).join(", ")}` : ""].filter(Boolean).join(" · ");
}

function Row({ order }: { order: Order }) {
  const own = order.role !== "liquidation";
  return (
    <tr>
      <th scope="row" data-label="Order"><strong>{order.symbol}</strong> <span class={`pill ${order.side === "buy" ? "long" : "short"}`}>{order.side}</span> <span class="capital">{orderName(order)}</span></th>
      <td class="n" data-label="Price">{order.price ? number(order.price) : "market"}</td>
      <td class="n" data-label="Trigger">{order.trigger_price ? <>{number(order.trigger_price)} <span class="muted">{order.trigger_source}</span></> : "–"}</td>
      <td class="n" data-label="Filled">{number(order.filled)} <span class="muted">/ {order.close ? "all" : number(order.size)}</span></td>
      <td data-label="Flags" class="muted">{[order.post_only && "post only", order.reduce_only && "reduce only", order.time_in_force !== "gtc" && order.time_in_force, bracketText(order)].filter(Boolean).join(" · ") || "–"}</td>
      <td data-label="State">{order.state}</td>
      <td class="n muted" data-label="Since">{clock(order.created)}</td>
      <td class="actions">
        {own ? <button type="button" class="icon" aria-label={`Amend ${orderName(order)} ${order.order_id}`} onClick={() => { dialog.value = { kind: "amend", order_id: order.order_id }; }}><Pencil /></button> : null}
        {own ? <button type="button" class="icon" disabled={busy.value.has(order.order_id)} aria-label={`Cancel ${orderName(order)} ${order.order_id}`} onClick={() => void cancel(order)}><Close /></button> : null}
      </td>
    </tr>
  );
}

export function Orders() {
  const orders = channel<Order[]>("orders").value;
  if (!orders) return <Empty title={socket.refusals.get("orders")?.message ?? "Reading your orders…"} />;
  if (orders.length === 0) return <Empty title="No open order">Limit orders, stops and targets that wait are listed here. On the chart they are lines you can drag.</Empty>;
  return (
    <Scroll label="Orders" class="cards">
      <table>
        <thead><tr><th scope="col">Order</th><th scope="col" class="n">Price</th><th scope="col" class="n">Trigger</th><th scope="col" class="n">Filled</th><th scope="col">Details</th><th scope="col">State</th><th scope="col" class="n">Since</th><th scope="col"><span class="hidden-text">Actions</span></th></tr></thead>
        <tbody>{orders.map((order) => <Row key={order.order_id} order={order} />)}</tbody>
      </table>
    </Scroll>
  );
}
