/** What is one's own: positions, orders, fills, funding, wallet. */
import { signal } from "@preact/signals";
import { Empty, Tabs } from "../../parts/controls";
import { Boundary } from "../../parts/Boundary";
import { channel, socket, useChannel } from "../../store/link";
import { session } from "../../store/session";
import { phonePart, toast } from "../../store/ui";
import type { Order, Position } from "../../wire";
import { Fills } from "./Fills";
import { FundingPayments } from "./FundingPayments";
import { Liquidated } from "./Liquidated";
import { MarginCalls } from "./MarginCalls";
import { Orders } from "./Orders";
import { Positions } from "./Positions";
import { WalletPanel } from "./WalletPanel";

export const accountTab = signal<"positions" | "orders" | "fills" | "funding" | "wallet" | "liquidations">("positions");

async function cancelAll(): Promise<void> {
  try {
    const answer = await socket.ask<{ canceled: number }>("order.cancel_all");
    toast("good", `${answer.canceled} orders canceled`);
  } catch (error) {
    toast("danger", "The orders were not canceled", { detail: error instanceof Error ? error.message : String(error) });
  }
}

function Content() {
  switch (accountTab.value) {
    case "positions": return <Positions />;
    case "orders": return <Orders />;
    case "fills": return <Fills />;
    case "funding": return <FundingPayments />;
    case "liquidations": return <Liquidated />;
    case "wallet": return <WalletPanel />;
  }
}

function Live() {
  useChannel("positions");
  useChannel("orders");
  return null;
}

export function AccountPanel() {
  const who = session.value;
  const positions = channel<Position[]>("positions").value;
  const orders = channel<Order[]>("orders").value;
  const tab = accountTab.value;
  return (
    <section class="panel account-panel" aria-label="Your account">
      {who ? <Live /> : null}
      <Tabs label="Your account" value={tab} onChange={(v) => { accountTab.value = v; }} controls="account-tab"
        tabs={[{ value: "positions", text: "Positions", count: positions?.length }, { value: "orders", text: "Orders", count: orders?.length },
               { value: "fills", text: "Fills" }, { value: "funding", text: "Funding" }, { value: "liquidations", text: "Liquidations" }, { value: "wallet", text: "Wallet" }]}
        after={tab === "orders" && orders && orders.length > 1 ? <button type="button" class="small" onClick={() => void cancelAll()}>Cancel all</button> : null} />
      {who ? <MarginCalls /> : null}
      <div class="account-content" role="tabpanel" id="account-tab" aria-labelledby={`account-tab-${tab}`}>
        <Boundary name="This list" key={tab}>
          {who === undefined ? <Empty title="…" />
            : who === null ? <Empty title="You are watching">To trade, get a paper account: it takes one click and no money.
                <button type="button" class="small" onClick={() => { phonePart.value = "ticket"; requestAnimationFrame(() => document.querySelector<HTMLElement>(".welcome .primary")?.focus()); }}>Show me</button></Empty>
            : <Content />}
        </Boundary>
      </div>
    </section>
  );
}
