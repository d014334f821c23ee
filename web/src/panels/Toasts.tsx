/** Short messages in the corner, read out by screen readers as they come. */
import { Close } from "../parts/icons";
import { dismiss, go, toasts } from "../store/ui";

export function Toasts() {
  return (
    <div class="toasts" role="log" aria-live="polite" aria-label="Messages">
      {toasts.value.map((one) => (
        <div key={one.key} class={`toast ${one.level}`}>
          <div>
            <p>{one.text}</p>
            {one.detail ? <p>{one.detail}</p> : null}
            {one.link ? <button type="button" class="link" onClick={() => { go(one.link!.to); dismiss(one.key); }}>{one.link.text}</button> : null}
          </div>
          <button type="button" class="icon" aria-label="Dismiss" onClick={() => dismiss(one.key)}><Close /></button>
        </div>
      ))}
    </div>
  );
}
