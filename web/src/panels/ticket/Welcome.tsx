/** What somebody sees who has no account yet: one click to paper money, and what this screen is. */
import { useState } from "preact/hooks";
import { ErrorNote } from "../../parts/controls";
import { useRequest } from "../../parts/request";
import { NOWHERE, openPaperAccount } from "../../store/session";
import { dialog, toast } from "../../store/ui";
import { StandingFields } from "./StandingFields";

export function Welcome() {
  const request = useRequest();
  const [standing, setStanding] = useState(NOWHERE);
  return (
    <section class="welcome" aria-label="Begin">
      <h2>Trade this crash with paper money</h2>
      <p>A real market day runs again here, on a real order book with true margin rules. Nothing you do costs money.</p>
      <button type="button" class="primary big" disabled={request.busy}
        onClick={() => void request.run(async () => { await openPaperAccount(standing); toast("good", "Your paper account is open", { detail: "Pick a side, say what you may lose, set a stop. The rest is computed for you." }); })}>
        {request.busy ? "Opening…" : "Get a paper account"}
      </button>
      <ErrorNote error={request.error} />
      <details class="standing-choice"><summary>Trade by the rules of a country</summary>
        <StandingFields value={standing} onChange={setStanding} /></details>
      <p class="muted">Have one already? <button type="button" class="link" onClick={() => { dialog.value = { kind: "sign-in" }; }}>Sign in</button></p>
      <ol class="steps">
        <li><strong>Say what you may lose.</strong> 1 % of your money, for example.</li>
        <li><strong>Set a stop.</strong> The size follows from both. The stop travels with the order.</li>
        <li><strong>Watch what can kill it.</strong> Your liquidation price is on the chart before you send.</li>
      </ol>
      <p class="muted">Press <kbd>?</kbd> for the words and the keys.</p>
    </section>
  );
}
