/** Lines of one's own over the chart, with handles: dragged by mouse, finger or arrow keys, sent only after a confirmation. */
import { LineStyle, type IPriceLine } from "lightweight-charts";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { move, onGrid } from "../../decimal";
import { number } from "../../format";
import { Grip } from "../../parts/icons";
import { ErrorNote } from "../../parts/controls";
import { useRequest } from "../../parts/request";
import { socket } from "../../store/link";
import { theme, toast } from "../../store/ui";
import type { Order } from "../../wire";
import type { Drawing } from "./drawing";
import type { LineKind, OwnLine } from "./lines";

const HANDLE_HEIGHT = 20;
const LOOK: Record<LineKind, { ink: string; style: LineStyle; width: 1 | 2 }> = {
  entry: { ink: "ink", style: LineStyle.Dashed, width: 1 }, liquidation: { ink: "short", style: LineStyle.Solid, width: 2 },
  bankruptcy: { ink: "short", style: LineStyle.Dotted, width: 1 }, stop: { ink: "warning", style: LineStyle.Solid, width: 1 },
  target: { ink: "long", style: LineStyle.Solid, width: 1 }, limit: { ink: "accent", style: LineStyle.Solid, width: 1 },
  draft: { ink: "accent", style: LineStyle.SparseDotted, width: 1 }, "draft-stop": { ink: "warning", style: LineStyle.SparseDotted, width: 1 },
  "draft-target": { ink: "long", style: LineStyle.SparseDotted, width: 1 }, "draft-liquidation": { ink: "short", style: LineStyle.SparseDotted, width: 2 },
};

interface Moved { id: string; price: string; dropped: boolean }

function Confirm({ line, price, done }: { line: OwnLine; price: string; done: () => void }) {
  const request = useRequest();
  const first = useRef<HTMLButtonElement>(null);
  useEffect(() => first.current?.focus(), []);
  const send = () => void request.run(async () => {
    await socket.ask<Order>("order.amend", { order_id: line.order!.order_id, [line.field!]: price });
    toast("good", `${line.text}: moved to ${number(price)}`);
    done();
  });
  return (
    <div class="line-confirm" role="alertdialog" aria-label={`Move ${line.text}`} onKeyDown={(event) => { if (event.key === "Escape") { event.stopPropagation(); done(); } }}>
      <p>Move <strong>{line.text}</strong> from {number(line.price)} to <strong>{number(price)}</strong>?</p>
      <ErrorNote error={request.error} />
      <div class="buttons">
        <button type="button" ref={first} class="primary small" disabled={request.busy} onClick={send}>Move it</button>
        <button type="button" class="small" onClick={done}>Leave it</button>
      </div>
    </div>
  );
}

export function LineLayer({ drawing, lines, tick }: { drawing: Drawing; lines: OwnLine[]; tick: string }) {
  const layer = useRef<HTMLDivElement>(null);
  const handles = useRef(new Map<string, HTMLElement>());
  const drawn = useRef(new Map<string, IPriceLine>());
  const [moved, setMoved] = useState<Moved | null>(null);
  const current = lines.map((line) => (moved?.id === line.id ? { ...line, shown: moved.price } : { ...line, shown: line.price }));
  const latest = useRef(current);
  latest.current = current;

  function place(): void {
    if (drawing.gone) return;
    const height = layer.current?.clientHeight ?? 0;
    const placed: number[] = [];
    const wanted = latest.current.map((line) => ({ line, y: drawing.candles.priceToCoordinate(Number(line.shown)) as number | null }))
      .sort((a, b) => (a.y ?? 0) - (b.y ?? 0));
    for (const { line, y } of wanted) {
      const handle = handles.current.get(line.id);
      if (!handle) continue;
      if (y === null) { handle.style.visibility = "hidden"; continue; }
      const inside = Math.max(HANDLE_HEIGHT / 2, Math.min(height - HANDLE_HEIGHT / 2, y));
      let at = inside;
      for (const other of placed) if (Math.abs(other - at) < HANDLE_HEIGHT) at = other + HANDLE_HEIGHT;
      placed.push(at);
      handle.style.visibility = "visible";
      handle.style.transform = `translateY(${at - HANDLE_HEIGHT / 2}px)`;
      handle.dataset.edge = y < 0 ? "above" : y > height ? "below" : "";
    }
  }

  // The chart says when it has drawn; the handles follow.
  useEffect(() => {
    let frame = 0;
    const primitive = { updateAllViews: () => { cancelAnimationFrame(frame); frame = requestAnimationFrame(place); } };
    drawing.candles.attachPrimitive(primitive);
    return () => { cancelAnimationFrame(frame); if (!drawing.gone) drawing.candles.detachPrimitive(primitive); };
  }, [drawing]);

  const key = current.map((line) => `${line.id}:${line.kind}:${line.shown}`).join("|");
  const paint = theme.value;
  useLayoutEffect(() => {
    if (drawing.gone) return;
    const styles = getComputedStyle(document.documentElement);
    const present = new Set(current.map((line) => line.id));
    for (const [id, line] of drawn.current) if (!present.has(id)) { drawing.candles.removePriceLine(line); drawn.current.delete(id); }
    for (const line of current) {
      const look = LOOK[line.kind];
      const options = { price: Number(line.shown), color: styles.getPropertyValue(`--${look.ink}`).trim(), lineStyle: look.style, lineWidth: look.width, axisLabelVisible: true, title: "" };
      const known = drawn.current.get(line.id);
      if (known) known.applyOptions(options);
      else drawn.current.set(line.id, drawing.candles.createPriceLine(options));
    }
    drawing.near = current.map((line) => Number(line.shown));
    place();
  }, [key, paint, drawing]);
  useEffect(() => () => { if (!drawing.gone) for (const line of drawn.current.values()) drawing.candles.removePriceLine(line); drawn.current.clear(); }, [drawing]);

  function priceAt(clientY: number): string | null {
    const price = drawing.candles.coordinateToPrice(clientY - layer.current!.getBoundingClientRect().top);
    return price === null ? null : onGrid(Number(price), tick);
  }

  function drag(event: PointerEvent, line: OwnLine): void {
    if (!line.order && !line.set) return;
    event.preventDefault();
    const handle = event.currentTarget as HTMLElement;
    handle.setPointerCapture(event.pointerId);
    let price: string | null = null;
    const onMove = (at: PointerEvent) => {
      price = priceAt(at.clientY) ?? price;
      if (price === null) return;
      if (line.set) line.set(price);
      else setMoved({ id: line.id, price, dropped: false });
    };
    const onUp = () => {
      handle.removeEventListener("pointermove", onMove);
      handle.removeEventListener("pointerup", onUp);
      handle.removeEventListener("pointercancel", onUp);
      if (line.order && price !== null && price !== line.price) setMoved({ id: line.id, price, dropped: true });
      else setMoved(null);
    };
    handle.addEventListener("pointermove", onMove);
    handle.addEventListener("pointerup", onUp);
    handle.addEventListener("pointercancel", onUp);
  }

  function keys(event: KeyboardEvent, line: OwnLine & { shown: string }): void {
    const step = (event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0) * (event.shiftKey ? 10 : 1);
    if (step) {
      event.preventDefault();
      const price = move(line.shown, tick, step);
      if (line.set) line.set(price);
      else if (line.order) setMoved({ id: line.id, price, dropped: false });
    } else if (event.key === "Enter" && moved?.id === line.id) {
      event.preventDefault();
      setMoved({ ...moved, dropped: true });
    } else if (event.key === "Escape") setMoved(null);
  }

  const asking = moved?.dropped ? lines.find((line) => line.id === moved.id) : undefined;
  return (
    <div class="line-layer" ref={layer}>
      {current.map((line) => {
        const movable = Boolean(line.order || line.set);
        const hold = (element: HTMLElement | null) => { if (element) handles.current.set(line.id, element); else handles.current.delete(line.id); };
        const text = <><span>{line.text}</span> <span class="line-price">{number(line.shown)}</span></>;
        return movable ? (
          <button key={line.id} type="button" ref={hold} class={`line-handle ${line.kind} movable`}
            onPointerDown={(event) => drag(event, line)} onKeyDown={(event) => keys(event, line)}><Grip />{text}<span class="hidden-text">. Arrow keys move it{line.order ? ", Enter asks to confirm" : ""}.</span></button>
        ) : <span key={line.id} ref={hold} class={`line-handle ${line.kind}`}>{text}</span>;
      })}
      {asking && moved ? <Confirm line={asking} price={moved.price} done={() => setMoved(null)} /> : null}
    </div>
  );
}
