/** Index sources at that moment, and how the mark was made of them. */
import { number, percent, span, words } from "../../format";
import type { StoryPosition } from "./story";

const STATE: Record<string, string> = { active: "counted", stale: "stale: not counted", outlier: "outlier: not counted", silent: "silent: not counted" };

function Mark({ position }: { position: StoryPosition }) {
  const m = position.mark_terms;
  const rows: [string, string][] = m.method === "funding_basis"
    ? [["Index", number(m.index)], [`Funding basis: ${percent(m.funding_rate, 4)}, ${span(m.time_to_funding_ms)} to go`, number(m.funding_basis)]]
    : m.method === "basis_average" ? [["Index", number(m.index)], ["Average basis", number(m.average_basis)]]
    : m.method === "median_of_three" ? [["Index with funding basis", number(m.funding_basis)], ["Index with average basis", number(m.average_basis)], ["Last trade", number(m.last)]]
    : [["Published mark", number(m.mark)]];
  return (
    <dl class="figures arithmetic">
      {rows.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      <div class="main sum"><dt>Mark ({words(m.method)})</dt><dd class="mark-ink">{number(m.mark)}</dd></div>
      {m.last && m.method !== "median_of_three" ? <div><dt>Last trade, for comparison: it liquidates nobody</dt><dd>{number(m.last)}</dd></div> : null}
    </dl>
  );
}

export function PriceTables({ position }: { position: StoryPosition }) {
  const index = position.index;
  return (
    <div class="price-tables">
      {index ? (
        <table>
          <caption>Index {index.name}: <strong class="index-ink">{number(index.price)}</strong>{index.frozen ? " (frozen)" : ""}</caption>
          <thead><tr><th scope="col">Source</th><th scope="col" class="n">Price</th><th scope="col" class="n">Weight</th><th scope="col" class="n">Age</th><th scope="col">State</th></tr></thead>
          <tbody>{index.sources.map((one) => (
            <tr key={one.name}><th scope="row">{one.name}</th><td class="n">{number(one.price)}</td><td class="n">{percent(one.weight, 1)}</td><td class="n muted">{(one.age_ms / 1000).toFixed(1)} s</td><td class={one.counts ? "" : "warning-ink"}>{STATE[one.state] ?? one.state}</td></tr>
          ))}</tbody>
        </table>
      ) : <p>The mark is published directly; there is no index behind it.</p>}
      <Mark position={position} />
    </div>
  );
}
