/** Prove it: what the venue publishes about itself, what this page has checked, and how to check the rest. */
import { useEffect, useState } from "preact/hooks";
import { cash, number } from "../format";
import { Check, Warn } from "../parts/icons";
import { Empty, ErrorNote } from "../parts/controls";
import { useResource } from "../parts/resource";
import { socket, useChannel } from "../store/link";
import { symbol } from "../store/ui";
import { checks } from "../store/checks";
import type { Book } from "../book";

interface Proof { sequence: number | string; events: number | string; events_digest: string; chain_hash: string; conservation: { asset: string; sum: string }[]; time: number }

function Seal({ ok, children }: { ok: boolean; children: preact.ComponentChildren }) {
  return <p class={ok ? "seal long" : "seal short"}>{ok ? <Check /> : <Warn />}<span>{children}</span></p>;
}

function Own() {
  const [, redraw] = useState(0);
  useChannel<Book>(symbol.value ? `depth.${symbol.value}` : null);
  useEffect(() => { const timer = window.setInterval(() => redraw((n) => n + 1), 1000); return () => window.clearInterval(timer); }, []);
  return (
    <section class="card" aria-label="Checked by this page">
      <h2>Checked by this page, since you opened it</h2>
      <dl class="figures">
        <div><dt>Books compared with their checksum</dt><dd>{number(String(checks.books))}</dd></div>
        <div><dt>that did not match</dt><dd class={checks.mismatches ? "short" : ""}>{checks.mismatches}</dd></div>
        <div><dt>Gaps in the numbering of streams</dt><dd class={socket.gaps ? "warning-ink" : ""}>{socket.gaps}</dd></div>
      </dl>
    </section>
  );
}

function Published() {
  const { value, error } = useResource<Proof>("proof", 5_000);
  const missing = error && ["404", "not_found"].includes(error.code);
  return (
    <section class="card" aria-label="Published by the venue">
      <h2>Published by the venue</h2>
      {missing ? <Empty title="This venue does not publish its digests">The journal on its disk has them; see on the right how to read it.</Empty> : error ? <ErrorNote error={error} /> : !value ? <p class="muted">…</p> : (
        <>
          <dl>
            <div><dt>Commands that are durable</dt><dd>{number(String(value.sequence))}</dd></div>
            <div><dt>Hash of the journal's chain: depends on every command so far</dt><dd class="mono">{value.chain_hash}</dd></div>
            <div><dt>Digest of all {number(String(value.events))} events</dt><dd class="mono">{value.events_digest}</dd></div>
          </dl>
          {value.conservation.map((one) => <Seal key={one.asset} ok={Number(one.sum) === 0}>All {one.asset} of the venue, in every wallet, position, fund and fee, add up to <strong>{cash(one.sum, 8)}</strong>: {Number(one.sum) === 0 ? "not an atom is missing." : "this must be zero."}</Seal>)}
        </>
      )}
    </section>
  );
}

export default function ProvePage() {
  return (
    <div class="page"><div class="page-inner">
      <h1>Prove it</h1>
      <p class="lead">Every command that reached this venue is in a journal, in order, chained by hash. Whoever has the journal can run the same engine over it and must come to the same bytes: every fill, fee and liquidation.</p>
      <div class="proof">
        <Published />
        <div class="proof-side"><Own />
          <section class="card" aria-label="Check it yourself">
            <h2>Check it yourself</h2>
            <p>With the venue's folder, while it runs or after:</p>
            <pre>steelyard audit DIR</pre>
            <p class="muted">It verifies every frame and the chain, decides every command again, compares the digests of events and tables, adds up all cash, and names the first frame that differs. Note a chain hash from this page today: nobody can change what came before it and keep that hash.</p>
            <p>Your own movements of cash, to compare line by line: <a href="/api/v1/ledger.csv" download="steelyard-ledger.csv">ledger.csv</a>.</p>
          </section></div>
      </div>
    </div></div>
  );
}
