/** Sign in with name and password, or open a paper account. */
import { useState } from "preact/hooks";
import { Dialog } from "../parts/Dialog";
import { ErrorNote, Field } from "../parts/controls";
import { useRequest } from "../parts/request";
import { openPaperAccount, signIn } from "../store/session";

export function SignInDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const request = useRequest();
  return (
    <Dialog title="Sign in" onClose={onClose}>
      <form class="dialog-form" onSubmit={(event) => { event.preventDefault(); void request.run(async () => { await signIn(name.trim(), password); onClose(); }); }}>
        <Field label="Name" type="text" autocomplete="username" value={name} onInput={setName} />
        <Field label="Password" type="password" autocomplete="current-password" value={password} onInput={setPassword} />
        <ErrorNote error={request.error} />
        <div class="buttons"><button type="submit" class="primary" disabled={request.busy || !name.trim() || !password}>Sign in</button>
          <button type="button" disabled={request.busy} onClick={() => void request.run(async () => { await openPaperAccount(); onClose(); })}>Get a paper account instead</button></div>
      </form>
    </Dialog>
  );
}
