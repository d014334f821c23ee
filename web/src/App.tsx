/** The frame around every page: header, banners, replay bar, dialogs. Pages other than trading are loaded when they are opened. */
import { type ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Dialogs } from "./Dialogs";
import { Banners } from "./panels/Banners";
import { Header } from "./panels/Header";
import { ReplayBar } from "./panels/ReplayBar";
import { Toasts } from "./panels/Toasts";
import { TickerStrip } from "./panels/TickerStrip";
import { Boundary } from "./parts/Boundary";
import { Empty } from "./parts/controls";
import { useKeys } from "./parts/keys";
import { socket } from "./store/link";
import { useNoticeToasts } from "./store/notices";
import { route } from "./store/ui";

const PAGES: Record<string, { title: string; load: () => Promise<{ default: ComponentType<{ rest: string[] }> }> }> = {
  trade: { title: "Trade", load: () => import("./pages/TradePage") },
  plan: { title: "Plan", load: () => import("./pages/PlanPage") },
  risk: { title: "Risk desk", load: () => import("./pages/RiskPage") },
  liquidations: { title: "Why was I liquidated", load: () => import("./pages/LiquidationPage") },
  prove: { title: "Prove it", load: () => import("./pages/ProvePage") },
  keys: { title: "API keys", load: () => import("./pages/KeysPage") },
  operator: { title: "Operator", load: () => import("./pages/OperatorPage") },
};

const loaded = new Map<string, ComponentType<{ rest: string[] }>>();

function Page({ name, rest }: { name: string; rest: string[] }) {
  const page = PAGES[name];
  const [, redraw] = useState(0);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    setFailed(null);
    if (!page || loaded.has(name)) return;
    page.load().then((module) => { loaded.set(name, module.default); redraw((n) => n + 1); },
                     (error: unknown) => setFailed(String(error)));
  }, [name]);
  if (!page) return <Empty title="There is no such page"><a href="#/trade">Back to trading</a></Empty>;
  if (failed) return <Empty title="This page could not be loaded"><p>{failed}</p><button onClick={() => location.reload()}>Load again</button></Empty>;
  const Component = loaded.get(name);
  return Component ? <Component rest={rest} /> : <Empty title={`Opening ${page.title.toLowerCase()}…`} />;
}

export function App() {
  useKeys();
  useNoticeToasts();
  const { page, rest } = route.value;
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${PAGES[page]?.title ?? "Not found"} · Steelyard`;
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [page]);
  const distrust = socket.link.value !== "live";
  return (
    <div class={`app page-${page} ${distrust ? "distrust" : ""}`}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>Skip to content</a>
      <Header />
      <Banners />
      {page === "trade" || page === "risk" ? <TickerStrip /> : null}
      <main id="main" ref={main} tabIndex={-1}>
        <Boundary name="This page" key={page}><Page name={page} rest={rest} /></Boundary>
      </main>
      <ReplayBar />
      <Dialogs />
      <Toasts />
    </div>
  );
}
