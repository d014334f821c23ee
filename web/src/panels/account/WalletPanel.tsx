/** The wallet: where the money is, paper deposits, the ledger to take away. */
import { useState } from "preact/hooks";
import { cash, cashDecimals, percent } from "../../format";
import { Download } from "../../parts/icons";
import { Empty, ErrorNote, Field } from "../../parts/controls";
import { useRequest } from "../../parts/request";
import { API, post } from "../../rest";
import { channel } from "../../store/link";
import { instruments, toast } from "../../store/ui";
import type { Wallet } from "../../wire";

const LINES: [keyof Wallet, string, string][] = [
  ["total_equity", "All of it", "Equity with the collateral of isolated positions"],
  ["equity", "Equity", "Cash plus unrealized profit and loss"],
  ["balance", "Balance", "Cash in the wallet"],
  ["available", "Available", "What new orders can still use"],
  ["isolated_margin", "Isolated collateral", "Set aside for isolated positions"],
  ["position_margin", "Held for cross", "Initial margin of cross positions"],
  ["order_margin", "Held for orders", "Margin of orders that wait"],
  ["maintenance_margin", "Maintenance margin", "What cross positions need to stay open"],
  ["withdrawable", "Can be withdrawn", "Never more than what must be held leaves"],
];

function Deposit({ asset }: { asset: string }) {
  const [amount, setAmount] = useState("");
  const request = useRequest();
  return (
    <form class="deposit" onSubmit={(event) => {
      event.preventDefault();
      void request.run(async () => { await post("paper/deposit", { asset, amount: amount.trim() }); toast("good", `${amount.trim()} ${asset} of paper money added`); setAmount(""); });
    }}>
      <Field label="Add paper money" unit={asset} value={amount} onInput={setAmount} />
      <button type="submit" disabled={request.busy || !amount.trim()}>Add</button>
      <ErrorNote error={request.error} />
    </form>
  );
}

export function WalletPanel() {
  const wallets = channel<Wallet[]>("wallet").value;
  if (!wallets) return <Empty title="Reading your wallet…" />;
  if (wallets.length === 0) return <Empty title="Your wallet is empty"><Deposit asset={instruments.value?.[0]?.settlement ?? "XBT"} /></Empty>;
  return (
    <div class="wallets scroll" tabIndex={0} role="region" aria-label="Wallet">
      {wallets.map((wallet) => {
        const decimals = instruments.value?.find((one) => one.settlement === wallet.asset)?.decimals.cash ?? 8;
        return (
          <div class="wallet" key={wallet.asset}>
            <h3>{wallet.asset}</h3>
            <dl class="wallet-lines">
              {LINES.filter(([key]) => wallet[key] !== undefined).map(([key, name, hint]) => <div key={key} title={hint}><dt>{name}</dt><dd>{cash(wallet[key] as string, cashDecimals(decimals))}</dd></div>)}
              {wallet.margin_level ? <div><dt>Margin level (cross)</dt><dd>{percent(wallet.margin_level, 1)}</dd></div> : null}
              {wallet.buffer ? <div><dt>Liquidation buffer</dt><dd>{percent(wallet.buffer, 1)}</dd></div> : null}
              {wallet.margin_ratio ? <div><dt>Margin used (cross)</dt><dd>{percent(wallet.margin_ratio, 1)}</dd></div> : null}
            </dl>
            <Deposit asset={wallet.asset} />
          </div>
        );
      })}
      <p class="ledger-link"><a href={`${API}ledger.csv`} download="steelyard-ledger.csv"><Download /> Download the ledger (CSV)</a> <span class="muted">Every change of your cash with its reason and running balance.</span></p>
    </div>
  );
}
