/** The chart panel: interval, values under the pointer, the drawing, and lines of one's own. */
import { useEffect, useRef, useState } from "preact/hooks";
import { compact, number } from "../../format";
import { Empty, Segmented } from "../../parts/controls";
import { useChannel } from "../../store/link";
import type { Candles } from "../../store/reducers";
import { instrument, interval, symbol, theme } from "../../store/ui";
import type { Candle, PublicLiquidation, Replay } from "../../wire";
import { Drawing, INTERVAL_MS } from "./drawing";
import { LineLayer } from "./LineLayer";
import { ownLines } from "./lines";

function Legend({ candle }: { candle: Candle | undefined | null }) {
  if (!candle) return null;
  return (
    <dl class="legend">
      {([["O", candle.open], ["H", candle.high], ["L", candle.low], ["C", candle.close]] as const).map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{number(value)}</dd></div>
      ))}
      <div class="legend-volume"><dt>Vol</dt><dd>{compact(candle.volume)}</dd></div>
      <div><dt>Mark</dt><dd class="mark-ink">{number(candle.mark)}</dd></div>
      <div class="legend-index"><dt>Index</dt><dd class="index-ink">{number(candle.index)}</dd></div>
    </dl>
  );
}

export default function Chart() {
  const name = symbol.value;
  const terms = instrument.value;
  const every = interval.value;
  const candles = useChannel<Candles>(name ? `candles.${name}.${every}` : null).value;
  const forced = useChannel<PublicLiquidation[]>(name ? `liquidations.${name}` : null).value;
  const replay = useChannel<Replay>("replay").value;
  const box = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<Drawing | null>(null);
  const [hover, setHover] = useState<Candle | null>(null);

  useEffect(() => {
    if (!terms || !box.current) return;
    const made = new Drawing(box.current, terms.decimals.price, Number(terms.tick));
    made.onHover = setHover;
    setDrawing(made);
    return () => { setDrawing(null); made.remove(); };
  }, [terms?.symbol]);
  const paint = theme.value;
  useEffect(() => { if (drawing && !drawing.gone) drawing.paint(); }, [drawing, paint]);
  useEffect(() => { if (drawing && !drawing.gone && candles) drawing.show(candles); }, [drawing, candles]);
  useEffect(() => { if (drawing && !drawing.gone && forced) drawing.showForced(forced, INTERVAL_MS[every]); }, [drawing, forced, every, candles?.items.length]);
  // A replay that begins again leaves the old day behind.
  const begun = replay ? `${replay.name}${replay.start}` : "";
  useEffect(() => { if (drawing && !drawing.gone) drawing.clearForced(); }, [drawing, begun]);

  const last = candles?.items[candles.items.length - 1];
  const spoken = last ? `${name}, candles of ${every}. Last ${number(last.close)}, mark ${number(last.mark)}, index ${number(last.index)}.` : "Chart without data";
  return (
    <section class="panel chart" aria-label="Chart">
      <header class="panel-head">
        <Segmented small label="Interval" value={every} onChange={(v) => { interval.value = v; }}
          choices={[{ value: "1m", text: "1m" }, { value: "5m", text: "5m" }, { value: "15m", text: "15m" }, { value: "1h", text: "1h" }]} />
        <Legend candle={hover ?? last} />
        <button type="button" class="small quiet" onClick={() => drawing?.latest()}>Latest</button>
      </header>
      <div class="chart-frame">
        <div class="chart-box" ref={box} role="img" aria-label={spoken} />
        {drawing && terms ? <LineLayer drawing={drawing} lines={ownLines(name)} tick={terms.tick} /> : null}
        {candles && candles.items.length === 0 ? <div class="chart-empty"><Empty title="No candle yet">The first appears with the first trade or mark.</Empty></div> : null}
        {!candles ? <div class="chart-empty"><Empty title="Waiting for candles…" /></div> : null}
      </div>
    </section>
  );
}
