/** The risk desk: what stands between a bad day and a loss shared by all. */
import { useChannel } from "../store/link";
import { Empty } from "../parts/controls";
import { Boundary } from "../parts/Boundary";
import { instrument, symbol } from "../store/ui";
import type { PublicLiquidation, Risk, Ticker } from "../wire";
import { FundChart } from "./risk/FundChart";
import { LeverageHistogram } from "./risk/LeverageHistogram";
import { LevelsMap } from "./risk/LevelsMap";
import { LiveLiquidations } from "./risk/LiveLiquidations";
import { Largest, Queue, Stress } from "./risk/RiskTables";
import { Tiles } from "./risk/Tiles";

export default function RiskPage() {
  const name = symbol.value;
  const risk = useChannel<Risk>(name ? `risk.${name}` : null).value;
  const ticker = useChannel<Ticker>(name ? `ticker.${name}` : null).value;
  const forced = useChannel<PublicLiquidation[]>(name ? `liquidations.${name}` : null).value;
  const terms = instrument.value;
  if (!risk || !terms) return <Empty title="Waiting for the risk desk…">It is computed once a second while somebody looks at it.</Empty>;
  const part = (text: string, element: preact.ComponentChild) => <Boundary name={text}>{element}</Boundary>;
  return (
    <div class="page">
      <div class="page-inner wide risk-grid">
        <h1 class="hidden-text">Risk desk of {name}</h1>
        {part("Figures", <Tiles risk={risk} ticker={ticker} terms={terms} />)}
        <div class="risk-fund">{part("The fund", <FundChart points={risk.insurance_fund} asset={terms.settlement} />)}</div>
        <div class="risk-map">{part("The map", <LevelsMap risk={risk} mark={ticker?.mark ?? null} terms={terms} />)}</div>
        <div class="risk-live">{part("Liquidations", <LiveLiquidations forced={forced} terms={terms} />)}</div>
        <div class="risk-leverage">{part("Leverage", <LeverageHistogram risk={risk} quote={terms.quote} />)}</div>
        <div class="risk-stress">{part("Stress", <Stress risk={risk} terms={terms} />)}</div>
        <div class="risk-queue">{part("The queue", <Queue risk={risk} terms={terms} />)}</div>
        <div class="risk-largest">{part("Largest", <Largest risk={risk} terms={terms} />)}</div>
      </div>
    </div>
  );
}
