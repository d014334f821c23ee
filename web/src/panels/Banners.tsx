/** What everybody must know before reading a price: the connection is gone, or the venue does not trade as usual. */
import { useEffect } from "preact/hooks";
import { clock, moment, words } from "../format";
import { Warn } from "../parts/icons";
import { channel, socket, useChannel } from "../store/link";
import { instrumentsError, meetInstruments, symbol } from "../store/ui";
import type { Replay, Status, Ticker } from "../wire";

const MEANING: Record<string, string> = {
  cancel_only: "Orders can be canceled, nothing else.",
  reduce_only: "Positions can be made smaller, not larger.",
  post_only: "Only orders that wait in the book are taken.",
  maintenance: "The venue takes no orders. What is open stays as it is.",
  index_disrupted: "Too few index sources agree. Marks are frozen, and nobody is liquidated by them.",
  halted: "Trading is stopped.",
  operating: "Trading as usual.", trading: "Trading as usual.",
};

function LinkBanner() {
  const state = socket.link.value;
  if (state === "live" || (state === "connecting" && !socket.heardAt.value)) return null;
  const heard = socket.heardAt.value;
  const now = channel<Replay>("replay").value?.now ?? channel<Ticker>(`ticker.${symbol.value}`).value?.time;
  const text = state === "stale" ? "Nothing has come from the venue for some seconds." : "The connection to the venue is lost.";
  return (
    <div class="banner danger" role="alert">
      <Warn />
      <p><strong>{text}</strong> What you see is {heard && now ? `as of ${clock(now)} on the venue's clock, heard at ${clock(heard)} UTC` : "not current"}. Orders at the venue stand as they are.
        {state === "lost" ? ` Trying again${socket.attempt.value > 1 ? ` (attempt ${socket.attempt.value})` : ""}…` : ""}</p>
      <button type="button" class="small" onClick={() => socket.reconnect()}>Connect now</button>
    </div>
  );
}

function StatusBanner() {
  const status = useChannel<Status>("status").value;
  useEffect(() => { if (status) meetInstruments(status); }, [status]);
  if (!status) return null;
  const own = status.instruments.find((one) => one.symbol === symbol.value)?.state;
  const state = status.state !== "operating" ? status.state : own && !["operating", "trading", "open"].includes(own) ? own : null;
  const planned = status.planned.map((one) => (
    <div class="banner info" role="status" key={one.from}>
      <p><strong>{words(one.state)} is planned</strong> from {moment(one.from)} {one.until ? `to ${moment(one.until)} ` : ""}UTC. {one.message ?? ""}</p>
    </div>
  ));
  return (
    <>
      {state ? (
        <div class="banner warning" role="alert">
          <Warn />
          <p><strong class="capital">{words(state)}.</strong> {MEANING[state] ?? ""} {status.message ?? ""} {status.until ? `Until ${moment(status.until)} UTC.` : ""}</p>
        </div>
      ) : null}
      {planned}
    </>
  );
}

export function Banners() {
  return (
    <div class="banners">
      <LinkBanner />
      {instrumentsError.value && socket.link.value === "live" ? (
        <div class="banner danger" role="alert"><Warn /><p><strong>The list of instruments did not come:</strong> {instrumentsError.value} Asking again…</p></div>
      ) : null}
      <StatusBanner />
    </div>
  );
}
