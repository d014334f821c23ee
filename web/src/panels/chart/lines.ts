/** Which prices of one's own belong on the chart, and what dragging one of them means. */
import { isDecimal, isZero } from "../../decimal";
import { number } from "../../format";
import { channel } from "../../store/link";
import { answered, hasPrice, isTrigger, question, ticket } from "../../store/ticket";
import type { Order, Position } from "../../wire";

export type LineKind = "entry" | "liquidation" | "bankruptcy" | "stop" | "target" | "limit" | "draft" | "draft-stop" | "draft-target" | "draft-liquidation";
export interface OwnLine {
  id: string; kind: LineKind; price: string; text: string;
  /** Dragging amends this order, or changes the ticket by ``set``; neither: the line stays where it is. */
  order?: Order; field?: "price" | "trigger_price"; set?: (price: string) => void;
}

const set = (text: string | null | undefined): text is string => Boolean(text) && isDecimal(text!) && !isZero(text!);

export function positionLines(position: Position | undefined): OwnLine[] {
  if (!position) return [];
  const lines: OwnLine[] = [];
  const side = position.size.startsWith("-") ? "short" : "long";
  if (set(position.entry_price)) lines.push({ id: "entry", kind: "entry", price: position.entry_price, text: `Entry ${side} ${number(position.size.replace("-", ""))}` });
  if (set(position.liquidation_price)) lines.push({ id: "liquidation", kind: "liquidation", price: position.liquidation_price, text: "Liquidation" });
  if (set(position.bankruptcy_price)) lines.push({ id: "bankruptcy", kind: "bankruptcy", price: position.bankruptcy_price, text: "Bankruptcy" });
  return lines;
}

export function orderLine(order: Order): OwnLine | null {
  const waiting = order.state === "waiting";
  const price = waiting ? order.trigger_price : order.price;
  if (!set(price)) return null;
  const kind = order.role === "target" || order.type.startsWith("take_profit") ? "target" : order.role === "stop" || order.type.includes("stop") ? "stop" : "limit";
  const name = kind === "stop" ? "Stop" : kind === "target" ? "Target" : order.side === "buy" ? "Buy" : "Sell";
  return { id: order.order_id, kind, price, text: `${name} ${order.close ? "all" : number(order.remaining)}`, order, field: waiting ? "trigger_price" : "price" };
}

function draftLines(): OwnLine[] {
  const asked = question.value;
  const preview = asked ? answered.value?.preview : null;
  const lines: OwnLine[] = [];
  if (hasPrice.value && set(ticket.price.value)) {
    lines.push({ id: "draft", kind: "draft", price: ticket.price.value, text: `${ticket.side.value === "buy" ? "Buy" : "Sell"}?`, set: (price) => { ticket.price.value = price; } });
  }
  if (!isTrigger.value && set(ticket.stopPrice.value)) {
    lines.push({ id: "draft-stop", kind: "draft-stop", price: ticket.stopPrice.value, text: "Stop?", set: (price) => { ticket.stopPrice.value = price; } });
    ticket.targets.value.forEach((target, i) => {
      if (set(target.price)) lines.push({ id: `draft-target-${i}`, kind: "draft-target", price: target.price, text: `Target ${i + 1}?`,
        set: (price) => { ticket.targets.value = ticket.targets.value.map((one, k) => (k === i ? { ...one, price } : one)); } });
    });
  }
  if (preview && set(preview.liquidation_price)) lines.push({ id: "draft-liquidation", kind: "draft-liquidation", price: preview.liquidation_price, text: "Liquidation?" });
  return lines;
}

/** All lines for one instrument, read from signals: whoever calls this in a component is drawn again when one changes. */
export function ownLines(symbol: string | null): OwnLine[] {
  const position = channel<Position[]>("positions").value?.find((one) => one.symbol === symbol);
  const orders = (channel<Order[]>("orders").value ?? []).filter((one) => one.symbol === symbol);
  return [...positionLines(position), ...orders.flatMap((order) => orderLine(order) ?? []), ...draftLines()];
}
