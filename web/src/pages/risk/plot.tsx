/** What the small pictures share: nice steps for an axis, and the size of the box they are drawn in. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

/** About ``count`` round values from ``low`` to ``high``. */
export function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw) ?? raw;
  const found: number[] = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  return found;
}

interface FrameProps { height: number; label: string; draw: (width: number, height: number) => ComponentChildren }

/** An SVG as wide as its place, drawn again when that changes. */
export function Frame({ height, label, draw }: FrameProps) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watcher = new ResizeObserver(() => { if (box.current) setWidth(box.current.clientWidth); });
    watcher.observe(box.current!);
    return () => watcher.disconnect();
  }, []);
  return (
    <div ref={box} class="plot" style={{ height: `${height}px` }}>
      {width > 0 ? <svg width={width} height={height} role="img" aria-label={label}>{draw(width, height)}</svg> : null}
    </div>
  );
}
