/** Margin of an isolated position, more or less of it, with what that does to the liquidation price before it is sent. */
import { useEffect, useState } from "preact/hooks";
import { isDecimal, isZero } from "../../decimal";
import { cash, cashDecimals, NONE, number, percent, shortened, words } from "../../format";
import { ErrorNote, Field, Segmented } from "../../parts/controls";
import { asError, useRequest } from "../../parts/request";
import { get, post } from "../../rest";
import { useChannel } from "../../store/link";
import { instrumentOf, toast } from "../../store/ui";
import type { Decimal, Position, VenueError, Wallet } from "../../wire";
import { MarginBar } from "../account/Positions";

interface MarginRow {
  amount: Decimal; accepted: boolean; error: string | null; collateral: Decimal | null; liquidation_price: Decimal | null;
  bankruptcy_price: Decimal | null; margin_ratio: Decimal | null; available: Decimal | null;
}
interface MarginPlan { asked: MarginRow | null; table: MarginRow[] }

/** The node's answer for one amount; asked again a moment after the last key. */
function useWhatIf(symbol: string, amount: string | null): { row: MarginRow | null; error: VenueError | null } {
  const [state, setState] = useState<{ row: MarginRow | null; error: VenueError | null }>({ row: null, error: null });
  useEffect(() => {
    if (!amount) { setState({ row: null, error: null }); return; }
    let gone = false;
    const timer = window.setTimeout(() => {
      get<MarginPlan>(`positions/${symbol}/margin?amount=${encodeURIComponent(amount)}`).then(
        (plan) => { if (!gone) setState({ row: plan.asked, error: null }); },
        (reason: unknown) => { if (!gone) setState({ row: null, error: asError(reason) }); });
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
  const { row: asked, error } = useWhatIf(position.symbol, signedAmount);
  const then = asked?.accepted ? asked : null;
  const line = (name: string, now: string, then: string) => <tr><th scope="row">{name}</th><td class="n">{now}</td><td class="n"><strong>{then}</strong></td></tr>;
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
          {line("Collateral", `${cash(position.collateral, decimals)} ${asset}`, then ? `${cash(then.collateral, decimals)} ${asset}` : NONE)}
          {line("Liquidation price", number(position.liquidation_price), then ? number(then.liquidation_price) : NONE)}
          {line("Bankruptcy price", number(position.bankruptcy_price), then ? number(then.bankruptcy_price) : NONE)}
          {line("Margin used", percent(position.margin_ratio, 1), then ? percent(then.margin_ratio, 1) : NONE)}
          {line("Available in the wallet", wallet ? `${cash(wallet.available, decimals)} ${asset}` : NONE, then ? `${cash(then.available, decimals)} ${asset}` : NONE)}
        </tbody>
      </table>
      {position.distance_volatility ? <p class="muted">Now {shortened(position.distance_volatility.replace("-", ""), 1)} daily moves from liquidation. <MarginBar ratio={then?.margin_ratio ?? position.margin_ratio} /></p> : null}
      {asked && !asked.accepted ? <ErrorNote error={{ code: asked.error ?? "refused", message: `The venue would refuse: ${words(asked.error)}.`, do: way === "add" ? "Add less, or add paper money to the wallet first." : "Take out less: what the position needs must stay." }} /> : <ErrorNote error={error} />}
      <ErrorNote error={request.error} />
      <div class="buttons"><button type="submit" class="primary" disabled={!signedAmount || request.busy || asked?.accepted === false}>{way === "add" ? "Add margin" : "Remove margin"}</button><button type="button" onClick={onDone}>Leave it</button></div>
    </form>
  );
}
