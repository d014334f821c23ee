/** What the node says the order would do if it came now. Every figure here is the engine's own. */
import type { ComponentChildren } from "preact";
import { isZero } from "../../decimal";
import { cash, cashDecimals, NONE, number, percent, shortened, signedCash } from "../../format";
import { ErrorNote, Hint } from "../../parts/controls";
import { answered, previewIsCurrent, question, ticket } from "../../store/ticket";
import { instrument } from "../../store/ui";
import type { Preview } from "../../wire";

function Row({ name, hint, children, main }: { name: string; hint?: string; children: ComponentChildren; main?: boolean }) {
  return <div class={main ? "main" : ""}><dt>{name}{hint ? <Hint label={name} text={hint} /> : null}</dt><dd>{children}</dd></div>;
}

function Warnings({ preview }: { preview: Preview }) {
  if (!preview.stop_beyond_liquidation) return null;
  return (
    <div class="note" role="alert">
      <strong>You would be liquidated before your stop.</strong> The liquidation price {number(preview.liquidation_price)} comes first.
      {preview.safe_stop_price ? (
        <> <button type="button" class="link" onClick={() => { ticket.stopPrice.value = preview.safe_stop_price!; }}>Move the stop to {number(preview.safe_stop_price)}</button>, or use less leverage.</>
      ) : " Use less leverage."}
    </div>
  );
}

export function PreviewCard() {
  const answer = answered.value;
  const asked = question.value !== null;
  const preview = asked ? answer?.preview ?? null : null;
  const terms = instrument.value;
  const decimals = cashDecimals(terms?.decimals.cash ?? 8);
  const asset = terms?.settlement ?? "";
  const old = preview !== null && !previewIsCurrent.value;
  const money = (text: string | null | undefined) => (known && text ? cash(text, decimals) : NONE);
  const known = preview?.accepted ? preview : null;
  const dash = (text: string) => (known ? text : NONE);
  return (
    <section class={old ? "preview old" : "preview"} aria-label="What the order would do" aria-busy={old}>
      {preview?.error ? <ErrorNote error={preview.error} /> : null}
      {asked && answer?.error && previewIsCurrent.value ? <ErrorNote error={answer.error} /> : null}
      {preview ? <Warnings preview={preview} /> : null}
      <dl class="figures" aria-live="polite" aria-atomic="false">
        <Row main name="Liquidation price" hint="If the mark gets here, the venue closes the position.">
          {preview?.liquidation_price && !isZero(preview.liquidation_price) ? <>{number(preview.liquidation_price)} <span class="muted">{preview.distance ? `${percent(preview.distance, 1)} away` : ""}</span></> : dash("none")}
        </Row>
        <Row main name="Loss at stop" hint="What is gone if the stop is hit, fees included.">
          {preview?.loss_at_stop && known ? <span class="short">{money(preview.loss_at_stop)} {asset} <span class="muted">{preview.loss_at_stop_share ? percent(preview.loss_at_stop_share, 1) : ""}</span></span> : dash("no stop")}
        </Row>
        <Row name="Reward : risk" hint="Profit at the targets against loss at the stop.">{dash(preview?.reward_to_risk ? `${shortened(preview.reward_to_risk, 2)} : 1` : "no target")}</Row>
        <Row name="Average price">{known && preview?.average_price && !isZero(preview.filled_now) ? <span title={preview.slippage ? `${percent(preview.slippage, 3)} away from the best price` : undefined}>{number(preview.average_price)}</span> : dash("rests in book")}</Row>
        <Row name="Cost" hint="Margin taken from your wallet, fee included.">{money(preview?.cost)}</Row>
        <Row name="Fee">{money(preview?.fee)}</Row>
        <Row name="Funding / day" hint="At the present rate; a minus sign means you are paid.">{known && preview?.funding_per_day ? signedCash(preview.funding_per_day, decimals) : NONE}</Row>
        <Row name="Available then">{money(preview?.available_after)}</Row>
      </dl>
    </section>
  );
}
