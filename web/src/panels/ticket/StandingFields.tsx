/** Whose rules bind a new account: jurisdiction and kind of client, from the venue's own table, and what follows for every contract. */
import { useEffect, useId, useState } from "preact/hooks";
import { ErrorNote } from "../../parts/controls";
import { asError } from "../../parts/request";
import { get } from "../../rest";
import type { Standing } from "../../store/session";
import type { VenueError } from "../../wire";

interface Refusal { rule: string; from: string; source: string; do: string }
interface Asked { symbol: string; product: string; allowed: boolean; asks: string[]; level: string; refusal: Refusal | null }
interface Eligibility {
  as_of: string; jurisdictions: string[]; clients: string[]; levels: { level: string; means: string }[];
  venue_asks: { level: string; asks: string }[]; instruments: Asked[];
}

export function StandingFields({ value, onChange }: { value: Standing; onChange: (value: Standing) => void }) {
  const [found, setFound] = useState<Eligibility | null>(null);
  const [error, setError] = useState<VenueError | null>(null);
  const id = useId();
  useEffect(() => {
    let current = true;
    const query = new URLSearchParams({ jurisdiction: value.jurisdiction, client: value.client });
    get<Eligibility>(`eligibility?${query}`).then(
      (answer) => { if (current) { setFound(answer); setError(null); } },
      (reason) => { if (current) setError(asError(reason)); });
    return () => { current = false; };
  }, [value.jurisdiction, value.client]);
  if (error) return <ErrorNote error={error} />;
  if (!found) return null;
  return (
    <div class="standing">
      <div class="field"><div class="field-top"><label for={`${id}-place`}>Where you live</label></div>
        <select id={`${id}-place`} value={value.jurisdiction} onChange={(event) => onChange({ ...value, jurisdiction: event.currentTarget.value })}>
          <option value="">not stated: no rules of law</option>
          {found.jurisdictions.map((one) => <option key={one} value={one}>{one}</option>)}
        </select></div>
      {value.jurisdiction ? <div class="field"><div class="field-top"><label for={`${id}-client`}>You are a client</label></div>
        <select id={`${id}-client`} value={value.client} onChange={(event) => onChange({ ...value, client: event.currentTarget.value })}>
          {found.clients.map((one) => <option key={one} value={one}>{one}</option>)}
        </select></div> : null}
      {value.jurisdiction ? <ul class="standing-says" aria-label="What the rules say">
        {grouped(found.instruments).map(({ symbols, one }) => <li key={symbols}>{says(symbols, one, found)}</li>)}
        {found.venue_asks.map((one) => <li key={one.asks}>The venue asks: {one.asks}.</li>)}
      </ul> : null}
    </div>
  );
}

/** Contracts about which the rules say the same, together. */
function grouped(instruments: Asked[]): { symbols: string; one: Asked }[] {
  const kinds = new Map<string, Asked[]>();
  for (const one of instruments) {
    const key = JSON.stringify([one.allowed, one.asks, one.level, one.refusal]);
    kinds.set(key, [...(kinds.get(key) ?? []), one]);
  }
  return [...kinds.values()].map((same) => ({ symbols: same.map((one) => one.symbol).join(", "), one: same[0]! }));
}

function says(symbols: string, one: Asked, found: Eligibility) {
  if (one.refusal) {
    return <><strong>{symbols}: not for you.</strong> {one.refusal.rule}, in force from {one.refusal.from}; {one.refusal.source}. What to do: {one.refusal.do}.</>;
  }
  const level = found.levels.find((known) => known.level === one.level);
  return <><strong>{symbols}: allowed.</strong> {one.asks.length ? `${one.asks.join("; ")}. ` : ""}{level && one.level !== "K0" ? `Identification: ${level.means}.` : ""}</>;
}
