/** The top line: pages, connection, theme, help, who is signed in. */
import { Logo, Moon, Question, Sun } from "../parts/icons";
import { socket } from "../store/link";
import { isOperator, session, signOut } from "../store/session";
import { dialog, route, switchTheme, theme } from "../store/ui";

const LINKS: [string, string][] = [["trade", "Trade"], ["plan", "Plan"], ["risk", "Risk desk"], ["liquidations", "Liquidations"], ["prove", "Prove it"], ["keys", "Keys"]];
const LINK_TEXT = { live: "Live", stale: "Stale", lost: "Reconnecting", connecting: "Connecting" };

function Connection() {
  const state = socket.link.value;
  return (
    <span class={`link-state ${state}`} role="status" title="State of the connection to the venue">
      <i aria-hidden="true" />{LINK_TEXT[state]}
    </span>
  );
}

function Account() {
  const who = session.value;
  if (who === undefined) return <span class="muted">…</span>;
  if (who === null) return <button type="button" class="small" onClick={() => { dialog.value = { kind: "sign-in" }; }}>Sign in</button>;
  const name = who.paper ? `Paper ${who.account ?? ""}` : who.user ?? "";
  return (
    <span class="account">
      <span class="account-name" title={`Account ${who.account ?? ""}`}>{name}</span>
      <button type="button" class="quiet small" onClick={() => { void signOut(); }}>Sign out</button>
    </span>
  );
}

export function Header() {
  const here = route.value.page;
  const links = isOperator.value ? [...LINKS, ["operator", "Operator"] as [string, string]] : LINKS;
  return (
    <header class="top">
      <a class="brand" href="#/trade" aria-label="Steelyard: trade"><Logo /><span>Steelyard</span></a>
      <nav aria-label="Pages">
        {links.map(([page, text]) => (
          <a key={page} href={`#/${page}`} aria-current={page === here ? "page" : undefined}>{text}</a>
        ))}
      </nav>
      <div class="top-right">
        <Connection />
        <button type="button" class="icon" aria-label={theme.value === "dark" ? "Use the light theme" : "Use the dark theme"} onClick={switchTheme}>
          {theme.value === "dark" ? <Sun /> : <Moon />}
        </button>
        <button type="button" class="icon" aria-label="Help and keyboard" onClick={() => { dialog.value = { kind: "help" }; }}><Question /></button>
        <Account />
      </div>
    </header>
  );
}
