/** Sizes of the steps of a plan. */
import { onGrid, subtract } from "../../decimal";

/** ``count`` sizes on the lot grid that add up to ``whole``; what does not divide goes to the last. */
export function split(whole: string, lot: string, count: number): string[] {
  const part = onGrid(Math.floor(Number(whole) / count / Number(lot)) * Number(lot), lot);
  let rest = whole;
  return Array.from({ length: count }, (_, i) => {
    if (i === count - 1) return rest;
    rest = subtract(rest, part);
    return part;
  });
}
