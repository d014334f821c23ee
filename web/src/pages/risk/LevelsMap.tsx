/** Where positions are liquidated, against what the book could take there: the further the bars stick out of the band, the longer a cascade runs. */
import { useState } from "preact/hooks";
import { compact, number } from "../../format";
import { Empty } from "../../parts/controls";
import type { Instrument, Risk } from "../../wire";
import { Frame, ticks } from "./plot";

const LEFT = 48, RIGHT = 8, TOP = 14, BOTTOM = 22;
type DepthLevel = Risk["depth_levels"][number] & { value?: string };

export function LevelsMap({ risk, mark, terms }: { risk: Risk; mark: string | null; terms: Instrument }) {
  const [hover, setHover] = useState<number | null>(null);
  const levels = risk.liquidation_levels;
  const depth = risk.depth_levels as DepthLevel[];
  const prices = [...levels.map((one) => Number(one.price)), ...depth.map((one) => Number(one.price))].sort((a, b) => a - b);
  if (prices.length < 2) return <section class="card" aria-label="Map"><h2>Where it would hurt</h2><Empty title="No leveraged position to show" /></section>;
  const low = prices[0]!;
  const high = prices[prices.length - 1]!;
  const unique = [...new Set(prices)];
  const gap = Math.min(...unique.slice(1).map((price, i) => price - unique[i]!));
  const depthValue = (one: DepthLevel) => Number(one.value ?? one.size);
  const most = Math.max(...levels.map((one) => Math.max(Number(one.long_value), Number(one.short_value))), 1e-12);
  const deepest = Math.max(...depth.map(depthValue), 1e-12);
  const top = depth.some((one) => one.value !== undefined) ? Math.max(most, deepest) : most;
  const near = hover === null ? null : levels.find((one) => Math.abs(Number(one.price) - hover) <= gap / 2);
  const deep = hover === null ? null : depth.find((one) => Math.abs(Number(one.price) - hover) <= gap / 2);
  return (
    <section class="card" aria-label="Map of liquidation levels against depth">
      <h2>Where it would hurt <span class="muted">liquidations by price, {terms.settlement}</span>
        <span class="legend-keys"><i class="key short-fill" />longs <i class="key long-fill" />shorts <i class="key depth-fill" />depth of the book</span></h2>
      <Frame height={236} label={`Liquidation levels from ${number(String(low))} to ${number(String(high))}; largest level ${compact(most)} ${terms.settlement}.`} draw={(width, height) => {
        const x = (price: number) => LEFT + ((price - low + gap / 2) / (high - low + gap)) * (width - LEFT - RIGHT);
        const floor = height - BOTTOM;
        const tall = (value: number) => Math.sqrt(value / top) * (floor - TOP);
        const bar = Math.max(1, ((width - LEFT - RIGHT) * gap) / (high - low + gap) - 1);
        return (
          <g onMouseMove={(event) => { const box = (event.currentTarget as SVGGElement).ownerSVGElement!.getBoundingClientRect(); setHover(low - gap / 2 + ((event.clientX - box.left - LEFT) / (width - LEFT - RIGHT)) * (high - low + gap)); }} onMouseLeave={() => setHover(null)}>
            <rect x={0} y={0} width={width} height={height} fill="transparent" />
            {[0.01, 0.1, 0.4, 1].map((share) => <g key={share}><line class="grid" x1={LEFT} x2={width - RIGHT} y1={floor - tall(top * share)} y2={floor - tall(top * share)} /><text class="axis" x={LEFT - 6} y={floor - tall(top * share) + 4} text-anchor="end">{compact(top * share)}</text></g>)}
            {depth.map((one) => <rect key={`d${one.price}`} class="depth-bar" x={x(Number(one.price)) - bar / 2} y={floor - tall(depthValue(one))} width={bar} height={tall(depthValue(one))} />)}
            {levels.map((one) => {
              const forced = Number(one.long_value) >= Number(one.short_value);
              const value = forced ? Number(one.long_value) : Number(one.short_value);
              return <rect key={one.price} class={forced ? "level-long" : "level-short"} x={x(Number(one.price)) - bar / 2 + bar * 0.2} y={floor - tall(value)} width={bar * 0.6} height={tall(value)} />;
            })}
            {mark ? <g><line class="mark-line" x1={x(Number(mark))} x2={x(Number(mark))} y1={TOP - 12} y2={floor} /><text class="axis mark-text" x={x(Number(mark)) + 4} y={TOP - 3}>mark {number(mark)}</text></g> : null}
            {ticks(low, high, Math.max(3, Math.floor(width / 110))).filter((one) => x(one) > 30 && x(one) < width - 30).map((one) => <text key={one} class="axis" x={x(one)} y={height - 6} text-anchor="middle">{Math.round(one).toLocaleString("en-US")}</text>)}
          </g>
        );
      }} />
      <p class="muted map-note">{near || deep ? <>Around {number(near?.price ?? deep!.price)}: longs {compact(near?.long_value ?? 0)}, shorts {compact(near?.short_value ?? 0)}, book {compact(deep ? depthValue(deep) : 0)} {terms.settlement}</> : "Heights are square roots, so that small levels can be seen. A level above the book's depth cannot be closed there."}</p>
    </section>
  );
}
