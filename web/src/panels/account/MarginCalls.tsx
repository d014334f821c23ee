/** A wallet under a margin call: what to do, and until when. Stands above the positions as long as the call does. */
import { useEffect, useState } from "preact/hooks";
import { isZero } from "../../decimal";
import { cash, cashDecimals, moment } from "../../format";
import { Warn } from "../../parts/icons";
import { channel, useChannel } from "../../store/link";
import { instruments } from "../../store/ui";
import type { Replay, Wallet } from "../../wire";
import { accountTab } from "./AccountPanel";

/** Time left in words: the largest two units. */
export function left(ms: number): string {
  if (ms <= 0) return "no time";
  const minutes = Math.floor(ms / 60_000), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
  if (days > 0) return `${days} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${Math.ceil(ms / 1000)} s`;
}

function Call({ wallet, now }: { wallet: Wallet; now: number }) {
  const call = wallet.margin_call!;
  const decimals = cashDecimals(instruments.value?.find((one) => one.settlement === wallet.asset)?.decimals.cash ?? 8);
  const money = (text: string) => `${cash(text, decimals)} ${wallet.asset}`;
  const met = isZero(call.due);
  return (
    <div class="banner danger margin-call" role="alert" aria-label={`Margin call on your ${wallet.asset} wallet`}>
      <Warn />
      <p>
        <strong>Margin call on your {wallet.asset} wallet.</strong>{" "}
        {met ? "Nothing is missing of initial margin any more: the call ends with the next deposit or change of a position, at the latest at its deadline."
          : <>Deposit <strong>{money(call.due)}</strong>, or make positions smaller, by <strong>{moment(call.deadline)} UTC</strong> ({left(call.deadline - now)} left). Else the wallet is liquidated.</>}{" "}
        <span class="muted">At an equity of {money(call.close_out_equity)} it is closed out without waiting; now it is {money(wallet.equity)}.</span>
      </p>
      <button type="button" class="small" onClick={() => { accountTab.value = "wallet"; }}>Wallet</button>
    </div>
  );
}

export function MarginCalls() {
  const wallets = useChannel<Wallet[]>("wallet").value;
  const called = wallets?.filter((one) => one.margin_call) ?? [];
  const [tick, setTick] = useState(Date.now());
  useEffect(() => {
    if (called.length === 0) return;
    const timer = setInterval(() => setTick(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [called.length > 0]);
  if (called.length === 0) return null;
  const now = channel<Replay>("replay").value?.now ?? tick;
  return <div class="banners margin-calls">{called.map((one) => <Call key={one.asset} wallet={one} now={now} />)}</div>;
}
