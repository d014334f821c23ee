/** The form of one plan: fields of its question, those seldom needed behind a fold. */
import { useId, useState } from "preact/hooks";
import { Field, Hint, Segmented } from "../../parts/controls";
import type { VenueError } from "../../wire";
import type { VenueList } from "./answers";
import type { FieldSpec, KindSpec } from "./fields";
import { isComplete, type Values } from "./question";

interface Props { spec: KindSpec; values: Values; venues: VenueList | undefined; busy: boolean; error: VenueError | null; onChange: (name: string, value: string) => void; onAsk: () => void; onExample: () => void }

function Chosen({ spec, value, options, onChange }: { spec: FieldSpec; value: string; options: [string, string][]; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div class="field">
      <div class="field-top"><label for={id}>{spec.label}</label>{spec.hint ? <Hint text={spec.hint} label={spec.label} /> : null}</div>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([name, text]) => <option key={name} value={name}>{text}</option>)}
      </select>
    </div>
  );
}

function Area({ spec, value, error, onChange }: { spec: FieldSpec; value: string; error: string | null; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div class={error ? "field bad wide" : "field wide"}>
      <div class="field-top"><label for={id}>{spec.label}</label>{spec.hint ? <Hint text={spec.hint} label={spec.label} /> : null}</div>
      <div class="field-box"><textarea id={id} rows={spec.lines === "steps" ? 3 : 2} spellcheck={false} value={value} placeholder={spec.placeholder}
        aria-invalid={error ? "true" : undefined} aria-describedby={error ? `${id}-error` : undefined} onInput={(event) => onChange(event.currentTarget.value)} /></div>
      {error ? <p class="field-error" id={`${id}-error`}>{error}</p> : null}
    </div>
  );
}

export function PlanForm({ spec, values, venues, busy, error, onChange, onAsk, onExample }: Props) {
  const [open, setOpen] = useState(() => spec.fields.some((one) => one.more && values[one.name]));
  const at = error?.field?.split(/[.[]/)[0];
  const listed = venues?.venues.find((one) => one.name === (values.venue || "bitmex"));
  function field(one: FieldSpec) {
    const value = values[one.name] ?? "";
    const set = (text: string) => onChange(one.name, text);
    const bad = error && at === one.name ? error.message.replace(/^[^:]*: /, "") : null;
    if (one.choices) return <div class="field" key={one.name}><div class="field-top"><span>{one.label}</span></div><Segmented label={one.label} small value={value || one.usual!} choices={one.choices.map(([choice, text]) => ({ value: choice, text, ...(choice === "long" || choice === "short" ? { tone: choice } : {}) }))} onChange={set} /></div>;
    if (one.name === "venue" && venues) return <Chosen key={one.name} spec={one} value={value || "bitmex"} options={venues.venues.map((venue) => [venue.name, venue.title])} onChange={set} />;
    if (one.name === "symbol" && listed) return <Chosen key={one.name} spec={one} value={value || listed.symbols[0]!} options={listed.symbols.map((name) => [name, name])} onChange={set} />;
    if (one.lines || one.list) return <Area key={one.name} spec={one} value={value} error={bad} onChange={set} />;
    return <Field key={one.name} label={one.required ? `${one.label} *` : one.label} hint={one.hint} placeholder={one.placeholder ?? one.usual} value={value} error={bad} onInput={set} type="text" />;
  }
  const more = spec.fields.filter((one) => one.more);
  return (
    <form class="card plan-form" aria-label={`${spec.tab}: what is planned`} onSubmit={(event) => { event.preventDefault(); onAsk(); }}>
      <div class="plan-fields">{spec.fields.filter((one) => !one.more).map(field)}</div>
      {more.length ? <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}><summary>More</summary><div class="plan-fields">{more.map(field)}</div></details> : null}
      <div class="buttons">
        <button type="submit" class="primary" disabled={busy || !isComplete(spec, values)}>{busy ? "Planning…" : "Plan"}</button>
        <button type="button" class="quiet" onClick={onExample}>Fill in an example</button>
        <span class="muted">* must be given</span>
      </div>
    </form>
  );
}
