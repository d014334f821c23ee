/** The insurance fund over the window that the node keeps. */
import { cash, clock, compact, moment } from "../../format";
import { Empty } from "../../parts/controls";
import { Frame, ticks } from "./plot";

interface Props { points: { time: number; value: string }[]; asset: string }
const LEFT = 58, RIGHT = 10, TOP = 8, BOTTOM = 20;

export function FundChart({ points, asset }: Props) {
  const values = points.map((point) => Number(point.value));
  const low = Math.min(...values);
  const high = Math.max(...values);
  const pad = (high - low || Math.abs(high) * 0.001 || 1) * 0.08;
  return (
    <section class="card" aria-label="Insurance fund">
      <h2>Insurance fund <span class="muted">{asset}</span></h2>
      {points.length < 2 ? <Empty title="Nothing to draw yet">The line begins with the second minute.</Empty> : (
        <Frame height={258} label={`Insurance fund from ${cash(points[0]!.value, 2)} to ${cash(points[points.length - 1]!.value, 2)} ${asset}, lowest ${low.toFixed(2)}.`} draw={(width, height) => {
          const first = points[0]!.time;
          const span = points[points.length - 1]!.time - first || 1;
          const x = (time: number) => LEFT + ((time - first) / span) * (width - LEFT - RIGHT);
          const y = (value: number) => TOP + (1 - (value - low + pad) / (high - low + 2 * pad)) * (height - TOP - BOTTOM);
          const line = points.map((point, i) => `${i ? "L" : "M"}${x(point.time).toFixed(1)},${y(values[i]!).toFixed(1)}`).join("");
          const marks = ticks(low - pad, high + pad, 4);
          const texts = marks.map((one) => compact(one));
          const plain = new Set(texts).size < texts.length;
          const stops = [0.02, 0.35, 0.68, 0.97];
          return (
            <>
              {marks.map((one, i) => <g key={one}><line class="grid" x1={LEFT} x2={width - RIGHT} y1={y(one)} y2={y(one)} /><text class="axis" x={LEFT - 6} y={y(one) + 4} text-anchor="end">{plain ? Math.round(one).toLocaleString("en-US") : texts[i]}</text></g>)}
              {stops.map((at, i) => <text key={at} class="axis" x={LEFT + at * (width - LEFT - RIGHT)} y={height - 4} text-anchor={i === 0 ? "start" : i === 3 ? "end" : "middle"}>{span > 86_400_000 ? moment(first + at * span).slice(0, -3) : clock(first + at * span).slice(0, 5)}</text>)}
              <path d={`${line}L${x(first + span)},${height - BOTTOM}L${x(first)},${height - BOTTOM}Z`} class="fund-area" />
              <path d={line} class="fund-line" />
            </>
          );
        }} />
      )}
    </section>
  );
}
