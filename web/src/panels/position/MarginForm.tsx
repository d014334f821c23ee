/** Margin of an isolated position, more or less of it, with what that does to the liquidation price before it is sent. */
import { useEffect, useState } from "preact/hooks";
import { isDecimal, isZero } from "../../decimal";
import { cash, cashDecimals, NONE, number, percent, shortened } from "../../format";
import { ErrorNote, Field, Segmented } from "../../parts/controls";
import { asError, useRequest } from "../../parts/request";
import { get, post } from "../../rest";
import { useChannel } from "../../store/link";
import { instrumentOf, toast } from "../../store/ui";
import type { Decimal, Position, VenueError, Wallet } from "../../wire";
import { MarginBar } from "../account/Positions";

interface WhatIf {
  amount: Decimal; collateral: Decimal; liquidation_price: Decimal | null; bankruptcy_price: Decimal | null; margin_ratio: Decimal | null;
  distance: Decimal | null; available_after?: Decimal; accepted?: boolean; error?: VenueError | null;
}

/** The node's answer for one amount; asked again a moment after the last key. */
function useWhatIf(symbol: string, amount: string | null): { value: WhatIf | null; error: VenueError | null } {
  const [state, setState] = useState<{ value: WhatIf | null; error: VenueError | null }>({ value: null, error: null });
  useEffect(() => {
    if (!amount) { setState({ value: null, error: null }); return; }
    let gone = false;
    const timer = window.setTimeout(() => {
      get<WhatIf>(`positions/${symbol}/margin?amount=${encodeURIComponent(amount)}`).then(
        (value) => { if (!gone) setState({ value, error: null }); },
        (reason: unknown) => { if (!gone) setState({ value: null, error: asError(reason) }); });
    }, 150);
    return () => { gone = true; window.clearTimeout(timer); };
  }, [symbol, amount]);
  return state;
}

export function MarginForm({ position, onDone }: { position: Position; onDone: () => void }) {
  const [way, setWay] = useState<"add" | "remove">("add");
  const [amount, setAmount] = useState("");
  const request = useRequest();
  const terms = instrumentOf(position.symbol);
  const asset = terms?.settlement ?? "";
  const decimals = cashDecimals(terms?.decimals.cash ?? 8);
  const wallet = useChannel<Wallet[]>("wallet").value?.find((one) => one.asset === asset);
  const typed = isDecimal(amount) && !isZero(amount) ? amount.trim() : null;
  const signedAmount = typed ? (way === "add" ? typed : `-${typed}`) : null;
  const { value, error } = useWhatIf(position.symbol, signedAmount);
  const row = (name: string, now: string, then: string) => <tr><th scope="row">{name}</th><td class="n">{now}</td><td class="n"><strong>{then}</strong></td></tr>;
  return (
    <form class="dialog-form" onSubmit={(event) => {
      event.preventDefault();
      if (!signedAmount) return;
      void request.run(async () => {
        await post(`positions/${position.symbol}/margin`, { amount: signedAmount });
        toast("good", way === "add" ? `${typed} ${asset} added` : `${typed} ${asset} taken out`, { detail: "The new liquidation price is on the chart." });
        onDone();
      });
    }}>
      <Segmented label="What to do" value={way} onChange={setWay} choices={[{ value: "add", text: "Add" }, { value: "remove", text: "Remove" }]} />
      <Field label="Amount" unit={asset} value={amount} onInput={setAmount}
        side={way === "add" && wallet ? <button type="button" class="link" onClick={() => setAmount(wallet.available)}>available {cash(wallet.available, decimals)}</button> : null} />
      <table class="what-if">
        <thead><tr><th scope="col"><span class="hidden-text">Figure</span></th><th scope="col" class="n">Now</th><th scope="col" class="n">Then</th></tr></thead>
        <tbody>
          {row("Collateral", `${cash(position.collateral, decimals)} ${asset}`, value ? `${cash(value.collateral, decimals)} ${asset}` : NONE)}
          {row("Liquidation price", number(position.liquidation_price), value ? number(value.liquidation_price) : NONE)}
          {row("Distance", percent(position.distance, 1), value?.distance ? percent(value.distance, 1) : NONE)}
          {row("Bankruptcy price", number(position.bankruptcy_price), value ? number(value.bankruptcy_price) : NONE)}
          {row("Margin used", percent(position.margin_ratio, 0), value ? percent(value.margin_ratio, 0) : NONE)}
        </tbody>
      </table>
      {position.distance_volatility ? <p class="muted">Now {shortened(position.distance_volatility.replace("-", ""), 1)} daily moves from liquidation. <MarginBar ratio={value?.margin_ratio ?? position.margin_ratio} /></p> : null}
      {value?.error ? <ErrorNote error={value.error} /> : error && error.code !== "not_found" && error.code !== "405" && error.code !== "404" ? <ErrorNote error={error} /> : null}
      <ErrorNote error={request.error} />
      <div class="buttons"><button type="submit" class="primary" disabled={!signedAmount || request.busy}>{way === "add" ? "Add margin" : "Remove margin"}</button><button type="button" onClick={onDone}>Leave it</button></div>
    </form>
  );
}
