/** The picture of a plan: curves over prices or time, and the prices that matter as lines. The point under the pointer is told. */
import { useState } from "preact/hooks";
import { number } from "../../format";
import { Frame, ticks } from "../risk/plot";
import type { Bar, ChartData } from "./answers";

const CURVES = ["curve-1", "curve-2", "curve-3", "curve-4", "curve-5", "curve-6"];
const LEFT = 66, RIGHT = 12, TOP = 34, BOTTOM = 22;

/** Few digits for an axis. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return number(value.toFixed(0));
  const digits = size >= 100 ? 1 : size >= 1 ? 2 : size >= 0.01 ? 4 : 6;
  return number(String(Number(value.toFixed(digits))));
}

interface Scale { x: (value: number) => number; y: (value: number) => number; low: number; high: number; first: number; last: number }

export function scaleOf(chart: ChartData, width: number, height: number): Scale {
  const xs = chart.prices.map(Number);
  const known = chart.series.flatMap((one) => one.values).filter((one): one is string => one !== null).map(Number);
  const least = Math.min(...known), most = Math.max(...known);
  const [low, high] = most > least ? [least, most] : [least - 1, most + 1];
  const first = xs[0]!, last = xs[xs.length - 1]! === first ? first + 1 : xs[xs.length - 1]!;
  return { low, high, first, last,
    x: (value) => LEFT + ((value - first) / (last - first)) * (width - LEFT - RIGHT),
    y: (value) => TOP + ((high - value) / (high - low)) * (height - TOP - BOTTOM) };
}

function Curves({ chart, scale }: { chart: ChartData; scale: Scale }) {
  return <>{chart.series.map((one, i) => (
    <polyline key={one.name} class={`plan-curve ${CURVES[i % CURVES.length]}`}
      points={chart.prices.map((price, at) => [price, one.values[at]] as const).filter(([, value]) => value !== null && value !== undefined).map(([price, value]) => `${scale.x(Number(price)).toFixed(1)},${scale.y(Number(value)).toFixed(1)}`).join(" ")} />
  ))}</>;
}

/** Names stand above their lines, one row each where they would meet. */
function Lines({ chart, scale, width, height }: { chart: ChartData; scale: Scale; width: number; height: number }) {
  const ends: number[] = [];
  const placed = chart.lines.map((one) => ({ one, x: scale.x(Number(one.price)) })).sort((a, b) => a.x - b.x).map(({ one, x }) => {
    const text = width < 500 ? one.name : `${one.name} ${number(one.price)}`;
    const wide = text.length * 6.1, left = Math.min(Math.max(LEFT, x - wide / 2), width - RIGHT - wide);
    let row = ends.findIndex((end) => end < left);
    if (row < 0) row = ends.length < 3 ? ends.length : 2;
    ends[row] = left + wide + 6;
    return { one, x, text, left, row };
  });
  return <>{placed.map(({ one, x, text, left, row }) => (
    <g key={one.name} class={`plan-line line-${one.name.split(" ")[0]}`}>
      <line x1={x} x2={x} y1={TOP} y2={height - BOTTOM} /><text x={left} y={10 + 11 * row}>{text}</text>
    </g>
  ))}</>;
}

export function PlanChart({ chart }: { chart: ChartData }) {
  const [at, setAt] = useState<number | null>(null);
  const told = at === null ? null : `${number(chart.prices[at]!)}: ${chart.series.map((one) => `${one.name} ${number(one.values[at] ?? null)}`).join(", ")}`;
  return (
    <figure class="plan-figure">
      <div onPointerLeave={() => setAt(null)} onPointerMove={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const part = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
        const xs = chart.prices.map(Number);
        const value = xs[0]! + part * (xs[xs.length - 1]! - xs[0]!);
        setAt(xs.reduce((best, x, i) => (Math.abs(x - value) < Math.abs(xs[best]! - value) ? i : best), 0));
      }}>
        <Frame height={280} label={`${chart.series.map((one) => one.name).join(" and ")} over ${chart.x}. ${chart.lines.map((one) => `${one.name} ${one.price}`).join(", ")}`} draw={(width, height) => {
          const scale = scaleOf(chart, width, height);
          return <>
            {ticks(scale.low, scale.high, 5).map((one) => <g key={`y${one}`}><line class="grid" x1={LEFT} x2={width - RIGHT} y1={scale.y(one)} y2={scale.y(one)} /><text class="axis" x={LEFT - 6} y={scale.y(one) + 4} text-anchor="end">{short(one)}</text></g>)}
            {ticks(scale.first, scale.last, Math.max(2, Math.floor(width / 130))).map((one) => <text key={`x${one}`} class="axis" x={scale.x(one)} y={height - 6} text-anchor="middle">{short(one)}</text>)}
            {scale.low < 0 && scale.high > 0 ? <line class="plan-zero" x1={LEFT} x2={width - RIGHT} y1={scale.y(0)} y2={scale.y(0)} /> : null}
            <Lines chart={chart} scale={scale} width={width} height={height} />
            <Curves chart={chart} scale={scale} />
            {at === null ? null : <line class="plan-cross" x1={scale.x(Number(chart.prices[at]))} x2={scale.x(Number(chart.prices[at]))} y1={TOP} y2={height - BOTTOM} />}
          </>;
        }} />
      </div>
      <figcaption>
        <span class="plan-keys">{chart.series.map((one, i) => <span key={one.name}><i class={`key ${CURVES[i % CURVES.length]}`} />{one.name}, {chart.y}</span>)}</span>
        <span class="muted" aria-hidden="true">{told ?? chart.x}</span>
      </figcaption>
    </figure>
  );
}

/** From entry to liquidation, a bar each. */
export function PlanBars({ bars }: { bars: Bar[] }) {
  const all = bars.flatMap((one) => [Number(one.start), Number(one.end)]);
  const low = Math.min(...all), span = Math.max(...all) - low || 1;
  return (
    <table class="plan-bars">
      <caption>From entry to liquidation: how far the price may go</caption>
      <tbody>{bars.map((one) => {
        const [from, to] = [Number(one.start), Number(one.end)].sort((a, b) => a - b) as [number, number];
        return (
          <tr key={one.label}><th scope="row">{one.label}</th>
            <td class="plan-bar"><i style={{ marginLeft: `${((from - low) / span) * 100}%`, width: `${Math.max(0.5, ((to - from) / span) * 100)}%` }} /></td>
            <td class="n">{number(one.end)}</td></tr>
        );
      })}</tbody>
    </table>
  );
}
