/** For the operator: the state of the venue and its markets, now or announced ahead. */
import { useState } from "preact/hooks";
import { capital, moment, words } from "../format";
import { Empty, ErrorNote, Field } from "../parts/controls";
import { useRequest } from "../parts/request";
import { useResource } from "../parts/resource";
import { post } from "../rest";
import { useChannel } from "../store/link";
import { isOperator, session } from "../store/session";
import { dialog, symbol, toast } from "../store/ui";
import type { Replay, Status, Ticker, VenueState } from "../wire";

const STATES: [VenueState, string][] = [["operating", "Trading as usual"], ["post_only", "Only orders that wait"], ["reduce_only", "Positions only shrink"], ["cancel_only", "Orders only canceled"], ["maintenance", "Nothing is taken"], ["halted", "Trading is stopped"]];
const MARKETS = ["trading", "post_only", "reduce_only", "cancel_only", "halted"];

function Switch({ status, now }: { status: Status; now: number | null }) {
  const [state, setState] = useState<VenueState>("maintenance");
  const [message, setMessage] = useState("");
  const [ahead, setAhead] = useState("");
  const [lasts, setLasts] = useState("");
  const request = useRequest();
  const begin = Number(ahead) > 0 && now ? now + Number(ahead) * 60_000 : null;
  const until = Number(lasts) > 0 && now ? (begin ?? now) + Number(lasts) * 60_000 : null;
  return (
    <form class="card" aria-label="State of the venue" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => {
        await post<Status>("operator/status", { state, message: message.trim(), ...(begin ? { from: begin } : {}), ...(until ? { until } : {}) });
        toast("good", begin ? `${capital(words(state))} is announced` : `The venue is ${words(state)}`);
      });
    }}>
      <h2>State of the venue <span class="pill">{words(status.state)}</span></h2>
      <div class="states" role="group" aria-label="New state">{STATES.map(([one, text]) => (
        <button key={one} type="button" aria-pressed={state === one} onClick={() => setState(one)}>{capital(words(one))}<br /><small class="muted">{text}</small></button>
      ))}</div>
      <div class="key-form operator-form">
        <Field label="Message to everybody" type="text" value={message} onInput={setMessage} placeholder="New version; back at 12:30" />
        <Field label="Begins in (minutes of the venue's clock, empty = now)" value={ahead} onInput={setAhead} />
        <Field label="Ends by itself after (minutes, empty = not)" value={lasts} onInput={setLasts} />
        <ErrorNote error={request.error} />
        <div class="buttons"><button type="submit" class={state === "operating" ? "primary" : "danger"} disabled={request.busy}>{begin ? `Announce ${words(state)} from ${moment(begin)}` : `Switch to ${words(state)}`}</button>{until ? <span class="muted">until {moment(until)} UTC</span> : null}</div>
      </div>
      {status.planned.length ? <ul class="plain">{status.planned.map((one) => <li key={one.from}>{capital(words(one.state))} planned from {moment(one.from)} {one.until ? `to ${moment(one.until)}` : ""} {one.message}</li>)}</ul> : null}
    </form>
  );
}

function Markets({ status }: { status: Status }) {
  const request = useRequest();
  return (
    <section class="card" aria-label="Markets">
      <h2>Markets</h2>
      <table><thead><tr><th scope="col">Market</th><th scope="col">State</th><th scope="col">Switch to</th></tr></thead>
        <tbody>{status.instruments.filter((one) => one.state !== "unlisted").map((one) => (
          <tr key={one.symbol}><th scope="row">{one.symbol}</th><td>{words(one.state)}</td>
            <td><select aria-label={`State of ${one.symbol}`} value={MARKETS.includes(one.state) ? one.state : "trading"} disabled={request.busy} onChange={(event) => {
              const state = event.currentTarget.value;
              void request.run(async () => { await post(`operator/instruments/${one.symbol}/state`, { state }); toast("good", `${one.symbol} is ${words(state)}`); });
            }}>{MARKETS.map((state) => <option key={state} value={state}>{words(state)}</option>)}</select></td></tr>
        ))}</tbody></table>
      <ErrorNote error={request.error} />
    </section>
  );
}

function Levels() {
  const { value: table } = useResource<{ levels: { level: string; means: string }[] }>("eligibility");
  const [account, setAccount] = useState("");
  const [level, setLevel] = useState("K2");
  const request = useRequest();
  if (!table) return null;
  return (
    <form class="card" aria-label="Levels of identification" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => { await post(`operator/accounts/${encodeURIComponent(account.trim())}/level`, { level }); toast("good", `Account ${account.trim()} is at level ${level}`); });
    }}>
      <h2>Levels of identification</h2>
      <p class="muted">What the rules or the venue ask more for than an account's level is refused from then on, with the rule. An account without a level is not asked.</p>
      <div class="key-form operator-form">
        <Field label="Account number" value={account} onInput={setAccount} />
        <div class="field"><div class="field-top"><label for="account-level">Its owner has shown</label></div>
          <select id="account-level" value={level} onChange={(event) => setLevel(event.currentTarget.value)}>{table.levels.map((one) => <option key={one.level} value={one.level}>{one.level}: {one.means}</option>)}</select></div>
        <ErrorNote error={request.error} />
        <div class="buttons"><button type="submit" disabled={request.busy || !account.trim()}>Set the level</button></div>
      </div>
    </form>
  );
}

function Health() {
  const { value, error } = useResource<{ ok: boolean; state: string; version: string }>("ready", 5_000);
  return <section class="card" aria-label="Node"><h2>Node</h2>{error ? <ErrorNote error={error} /> : value ? <p><span class={`pill ${value.ok ? "long" : "short"}`}>{value.state}</span> version {value.version}. Figures for Prometheus: <a href="/api/v1/metrics" target="_blank" rel="noreferrer">/api/v1/metrics</a></p> : <p class="muted">…</p>}</section>;
}

export default function OperatorPage() {
  const status = useChannel<Status>("status").value;
  const replay = useChannel<Replay>("replay").value;
  const ticker = useChannel<Ticker>(symbol.value ? `ticker.${symbol.value}` : null).value;
  if (session.value !== undefined && !isOperator.value) return <Empty title="For the operator">The operator's password is printed where the venue was first started.<button type="button" onClick={() => { dialog.value = { kind: "sign-in" }; }}>Sign in</button></Empty>;
  return (
    <div class="page"><div class="page-inner">
      <h1>Operator</h1>
      <p class="lead">Every refusal that follows from a state names it and says until when. What is announced ahead is shown to everybody, and begins and ends by itself.</p>
      {status ? <><Switch status={status} now={replay?.now ?? ticker?.time ?? null} /><Markets status={status} /><Levels /></> : <Empty title="Waiting for the status…" />}
      <Health />
    </div></div>
  );
}
