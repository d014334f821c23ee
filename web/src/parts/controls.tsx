/** Controls used everywhere: segmented choices, labeled fields, tabs, hints, empty states. */
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { VenueError } from "../wire";
import { Warn } from "./icons";

// ---------------------------------------------------------------- choices
interface Choice<T extends string> { value: T; text: string; tone?: "long" | "short" }
interface SegmentedProps<T extends string> { label: string; value: T; choices: Choice<T>[]; onChange: (value: T) => void; small?: boolean }

export function Segmented<T extends string>({ label, value, choices, onChange, small }: SegmentedProps<T>) {
  const name = useId();
  return (
    <div class={small ? "segmented small" : "segmented"} role="radiogroup" aria-label={label}>
      {choices.map((one) => (
        <label key={one.value} class={`${one.value === value ? "on" : ""} ${one.tone ?? ""}`}>
          <input type="radio" name={name} checked={one.value === value} onChange={() => onChange(one.value)} />
          <span>{one.text}</span>
        </label>
      ))}
    </div>
  );
}

// ---------------------------------------------------------------- fields
interface FieldProps {
  label: string; value: string; onInput: (value: string) => void; unit?: ComponentChildren; hint?: string; error?: string | null;
  step?: (direction: 1 | -1, big: boolean) => void; placeholder?: string; id?: string; type?: string; autocomplete?: string; disabled?: boolean;
  side?: ComponentChildren;
}

/** A labeled text field for a decimal (or other text). Arrow keys step it where there is a grid. */
export function Field(props: FieldProps) {
  const own = useId();
  const id = props.id ?? own;
  const note = props.error ?? null;
  return (
    <div class={note ? "field bad" : "field"}>
      <div class="field-top">
        <label for={id}>{props.label}</label>
        {props.hint ? <Hint text={props.hint} label={props.label} /> : null}
        {props.side ? <span class="field-side">{props.side}</span> : null}
      </div>
      <div class="field-box">
        <input id={id} type={(props.type ?? "text") as "text"} inputMode={props.type ? undefined : "decimal"} autocomplete={props.autocomplete ?? "off"}
          spellcheck={false} value={props.value} placeholder={props.placeholder} disabled={props.disabled}
          aria-invalid={note ? "true" : undefined} aria-describedby={note ? `${id}-error` : undefined}
          onInput={(event) => props.onInput(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (!props.step || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
            event.preventDefault();
            props.step(event.key === "ArrowUp" ? 1 : -1, event.shiftKey);
          }} />
        {props.unit ? <span class="unit">{props.unit}</span> : null}
      </div>
      {note ? <p class="field-error" id={`${id}-error`}>{note}</p> : null}
    </div>
  );
}

export function Toggle({ label, on, onChange, hint }: { label: string; on: boolean; onChange: (on: boolean) => void; hint?: string }) {
  return (
    <span class="toggle-line">
      <label class="toggle">
        <input type="checkbox" role="switch" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
        <span class="track" aria-hidden="true" /><span>{label}</span>
      </label>
      {hint ? <Hint text={hint} label={label} /> : null}
    </span>
  );
}

// ---------------------------------------------------------------- hints
/** A question mark that says what a word means, on hover, focus or tap. */
export function Hint({ text, label }: { text: string; label: string }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const [place, setPlace] = useState({ left: 0, top: 0 });
  function show(): void {
    const box = button.current!.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left - 100, window.innerWidth - 256));
    setPlace({ left, top: box.bottom + 6 > window.innerHeight - 110 ? box.top - 96 : box.bottom + 6 });
    setOpen(true);
  }
  return (
    <span class="hint">
      <button type="button" ref={button} aria-label={`What is ${label.toLowerCase()}?`} aria-describedby={open ? id : undefined}
        onMouseEnter={show} onMouseLeave={() => setOpen(false)} onFocus={show} onBlur={() => setOpen(false)}
        onKeyDown={(event) => { if (event.key === "Escape") setOpen(false); }}>?</button>
      {open ? <span role="tooltip" id={id} class="tip" style={{ left: `${place.left}px`, top: `${place.top}px` }}>{text}</span> : null}
    </span>
  );
}

// ---------------------------------------------------------------- tabs
interface Tab<T extends string> { value: T; text: string; count?: number }
interface TabsProps<T extends string> { label: string; value: T; tabs: Tab<T>[]; onChange: (value: T) => void; controls: string; after?: ComponentChildren }

export function Tabs<T extends string>({ label, value, tabs, onChange, controls, after }: TabsProps<T>) {
  function keys(event: KeyboardEvent): void {
    const at = tabs.findIndex((tab) => tab.value === value);
    const to = event.key === "ArrowRight" ? at + 1 : event.key === "ArrowLeft" ? at - 1 : event.key === "Home" ? 0 : event.key === "End" ? tabs.length - 1 : null;
    if (to === null) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length]!;
    onChange(next.value);
    document.getElementById(`${controls}-${next.value}`)?.focus();
  }
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} onKeyDown={keys}>
        {tabs.map((tab) => (
          <button key={tab.value} type="button" role="tab" id={`${controls}-${tab.value}`} aria-selected={tab.value === value}
            aria-controls={controls} tabIndex={tab.value === value ? 0 : -1} onClick={() => onChange(tab.value)}>
            {tab.text}{tab.count ? <span class="count">{tab.count}</span> : null}
          </button>
        ))}
      </div>
      {after}
    </div>
  );
}

// ---------------------------------------------------------------- states
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><p class="empty-title">{title}</p>{children ? <div class="empty-text">{children}</div> : null}</div>;
}

/** What the venue said no to, by its own words: the rule, and what would pass. */
export function ErrorNote({ error }: { error: VenueError | null | undefined }) {
  if (!error) return null;
  return (
    <div class="error-note" role="alert">
      <Warn />
      <div>
        <p>{error.message}</p>
        {error.do ? <p class="do">{error.do}</p> : null}
        {error.rule ? <p class="rule">{error.code} · {error.rule}</p> : null}
      </div>
    </div>
  );
}

/** A table that scrolls inside its panel, reachable by keyboard. */
export function Scroll({ label, children, class: name }: { label: string; children: ComponentChildren; class?: string }) {
  return <div class={`scroll ${name ?? ""}`} role="region" aria-label={label} tabIndex={0}>{children}</div>;
}
