/** The trading page. On a phone one part at a time, with a bar to switch. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { AccountPanel } from "../panels/account/AccountPanel";
import { Ladder } from "../panels/Ladder";
import { Ticket } from "../panels/ticket/Ticket";
import { Trades } from "../panels/Trades";
import { Boundary } from "../parts/Boundary";
import { Empty } from "../parts/controls";
import { channel } from "../store/link";
import { narrow, phonePart, symbol } from "../store/ui";
import type { Position } from "../wire";

let LoadedChart: ComponentType | null = null;

/** The drawing library comes after the rest of the page is on the screen. */
function ChartSlot() {
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!LoadedChart) void import("../panels/chart/Chart").then((module) => { LoadedChart = module.default; redraw((n) => n + 1); });
  }, []);
  return LoadedChart ? <LoadedChart /> : <section class="panel chart" aria-label="Chart"><Empty title="Drawing the chart…" /></section>;
}

const PARTS = [["chart", "Chart"], ["book", "Book"], ["ticket", "Trade"], ["account", "Yours"]] as const;

function PhoneBar() {
  const positions = channel<Position[]>("positions").value?.length ?? 0;
  return (
    <div class="phone-bar" role="group" aria-label="Parts of this page">
      {PARTS.map(([part, text]) => (
        <button key={part} type="button" aria-pressed={phonePart.value === part} onClick={() => { phonePart.value = part; }}>
          {text}{part === "account" && positions ? <span class="count">{positions}</span> : null}
        </button>
      ))}
    </div>
  );
}

const part = (name: string, element: preact.ComponentChild) => <Boundary name={name}>{element}</Boundary>;

export default function TradePage() {
  if (!symbol.value) return <Empty title="Waiting for the venue…">The list of instruments has not come yet.</Empty>;
  if (narrow.value) {
    const shown = phonePart.value;
    return (
      <div class="trade-phone">
        <div class="phone-part">
          {shown === "chart" ? part("The chart", <ChartSlot />) : shown === "book" ? <><div class="phone-book">{part("The book", <Ladder />)}</div><div class="phone-tape">{part("The tape", <Trades />)}</div></>
            : shown === "ticket" ? <section class="panel ticket-panel" aria-label="Order">{part("The ticket", <Ticket />)}</section> : part("Your account", <AccountPanel />)}
        </div>
        <PhoneBar />
      </div>
    );
  }
  return (
    <div class="trade-grid">
      <div class="area-chart">{part("The chart", <ChartSlot />)}</div>
      <div class="area-book">{part("The book", <Ladder />)}</div>
      <div class="area-ticket"><section class="panel ticket-panel" aria-label="Order">{part("The ticket", <Ticket />)}</section></div>
      <div class="area-account">{part("Your account", <AccountPanel />)}</div>
      <div class="area-tape">{part("The tape", <Trades />)}</div>
    </div>
  );
}
