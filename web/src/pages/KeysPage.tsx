/** API keys: made, shown once, deleted. */
import { useState } from "preact/hooks";
import { NONE } from "../format";
import { Dialog } from "../parts/Dialog";
import { Empty, ErrorNote, Field, Toggle } from "../parts/controls";
import { useRequest } from "../parts/request";
import { useResource } from "../parts/resource";
import { post, remove, type Page } from "../rest";
import { session } from "../store/session";
import { dialog, toast } from "../store/ui";

interface Key { key: string; label: string; kind: string; scopes: string[]; addresses: string[]; expires: number | null; created: number }
interface NewKey extends Key { secret: string | null }

const SCOPES: [string, string][] = [["read", "See positions, orders and history"], ["trade", "Place, change and cancel orders"], ["transfer", "Move money, change password and keys"]];
const wall = (time: number | null) => (time ? new Date(time).toISOString().slice(0, 16).replace("T", " ") : NONE);

function Secret({ made, onClose }: { made: NewKey; onClose: () => void }) {
  return (
    <section class="card secret" aria-label="The new key" role="status">
      <h2>Your new key</h2>
      <p class="lead">The secret is shown this once. Copy it now; afterward it can only be replaced.</p>
      <dl class="figures"><div><dt>Key</dt><dd class="mono">{made.key}</dd></div><div><dt>Secret</dt><dd class="mono">{made.secret ?? "yours: the venue keeps the public key only"}</dd></div></dl>
      <div class="buttons"><button type="button" onClick={() => { void navigator.clipboard?.writeText(made.secret ?? made.key).then(() => toast("good", "Copied")); }}>Copy</button><button type="button" class="quiet" onClick={onClose}>I have it</button></div>
    </section>
  );
}

function Create({ onMade }: { onMade: (made: NewKey) => void }) {
  const [label, setLabel] = useState("");
  const [scopes, setScopes] = useState<string[]>(["read", "trade"]);
  const [addresses, setAddresses] = useState("");
  const [days, setDays] = useState("90");
  const request = useRequest();
  return (
    <form class="card" aria-label="Make a key" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => {
        const list = addresses.split(/[\s,]+/).filter(Boolean);
        const expires = Number(days) > 0 ? Date.now() + Number(days) * 86_400_000 : undefined;
        onMade(await post<NewKey>("keys", { label: label.trim(), scopes, ...(list.length ? { addresses: list } : {}), ...(expires ? { expires } : {}) }));
        setLabel("");
      });
    }}>
      <h2>Make a key</h2>
      <div class="key-form">
        <Field label="Label" type="text" value={label} onInput={setLabel} placeholder="my bot" />
        <Field label="Only from these addresses (optional)" type="text" value={addresses} onInput={setAddresses} placeholder="192.0.2.7, 198.51.100.0/24" />
        <Field label="Ends after (days, 0 = never)" value={days} onInput={setDays} />
        <div class="scopes" role="group" aria-label="Scopes">{SCOPES.map(([scope, text]) => <Toggle key={scope} label={scope} hint={text} on={scopes.includes(scope)} onChange={(on) => setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope))} />)}</div>
        <ErrorNote error={request.error} />
        <div class="buttons"><button type="submit" class="primary" disabled={request.busy || !label.trim() || scopes.length === 0}>Make the key</button></div>
      </div>
    </form>
  );
}

function Delete({ one, onClose, onDone }: { one: Key; onClose: () => void; onDone: () => void }) {
  const request = useRequest();
  return (
    <Dialog title={`Delete ${one.label}?`} onClose={onClose}>
      <p>Programs that use it are refused from then on. Their open orders stay.</p>
      <ErrorNote error={request.error} />
      <div class="buttons"><button type="button" class="danger" disabled={request.busy} onClick={() => void request.run(async () => { await remove(`keys/${encodeURIComponent(one.key)}`); toast("good", `${one.label} is deleted`); onDone(); })}>Delete the key</button><button type="button" onClick={onClose}>Keep it</button></div>
    </Dialog>
  );
}

function Keys() {
  const { value, error, reload } = useResource<Page<Key>>("keys");
  const [made, setMade] = useState<NewKey | null>(null);
  const [doomed, setDoomed] = useState<Key | null>(null);
  return (
    <>
      {made ? <Secret made={made} onClose={() => setMade(null)} /> : null}
      <Create onMade={(key) => { setMade(key); reload(); }} />
      <section class="card" aria-label="Keys">
        <h2>Keys</h2>
        <ErrorNote error={error} />
        {value && value.items.length === 0 ? <Empty title="No key yet">Programs sign in with a key; this page needs none.</Empty> : null}
        {value && value.items.length ? (
          <div class="cards"><table>
            <thead><tr><th scope="col">Label</th><th scope="col">Key</th><th scope="col">Scopes</th><th scope="col">Addresses</th><th scope="col">Ends</th><th scope="col"><span class="hidden-text">Actions</span></th></tr></thead>
            <tbody>{value.items.map((one) => (
              <tr key={one.key}><th scope="row" data-label="Label">{one.label}</th><td class="mono" data-label="Key">{one.key}</td><td data-label="Scopes">{one.scopes.join(", ")}</td><td data-label="Addresses">{one.addresses.join(", ") || "any"}</td><td data-label="Ends" class="muted">{one.expires ? wall(one.expires) : "never"}</td>
                <td class="actions"><button type="button" class="small" onClick={() => setDoomed(one)}>Delete<span class="hidden-text"> {one.label}</span></button></td></tr>
            ))}</tbody>
          </table></div>
        ) : null}
      </section>
      {doomed ? <Delete one={doomed} onClose={() => setDoomed(null)} onDone={() => { setDoomed(null); reload(); }} /> : null}
    </>
  );
}

export default function KeysPage() {
  const who = session.value;
  return (
    <div class="page"><div class="page-inner">
      <h1>API keys</h1>
      <p class="lead">Programs trade here with a key and a signature. The API with all its fields is at <a href="/api/docs" target="_blank" rel="noreferrer">/api/docs</a>.</p>
      {who === null ? <Empty title="Sign in to make keys"><button type="button" onClick={() => { dialog.value = { kind: "sign-in" }; }}>Sign in</button></Empty> : who ? <Keys /> : null}
    </div></div>
  );
}
