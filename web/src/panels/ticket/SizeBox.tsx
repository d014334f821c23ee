/** How large: by the money that is lost at the stop, or by size. */
import { cash, cashDecimals, number } from "../../format";
import { Field, Segmented } from "../../parts/controls";
import { answered, isTrigger, previewIsCurrent, riskCash, ticket, wallet } from "../../store/ticket";
import { instrument } from "../../store/ui";

const SHARES = ["0.5", "1", "2", "5"];

export function SizeBox() {
  const terms = instrument.value;
  const own = wallet.value;
  const byRisk = ticket.sizeBy.value === "risk" && !isTrigger.value;
  const decimals = cashDecimals(terms?.decimals.cash ?? 8);
  const preview = previewIsCurrent.value ? answered.value?.preview : null;
  return (
    <fieldset class="box">
      <legend class="hidden-text">Size</legend>
      {isTrigger.value ? null : (
        <Segmented small label="Size by" value={ticket.sizeBy.value} onChange={(v) => { ticket.sizeBy.value = v; }}
          choices={[{ value: "risk", text: "By money at risk" }, { value: "size", text: "By size" }]} />
      )}
      {byRisk ? (
        <>
          <Field id="ticket-first" label="Money at risk" value={ticket.risk.value} onInput={(v) => { ticket.risk.value = v; }}
            hint="What you are ready to lose if the stop is hit, fees included. The size follows from it."
            unit={<Segmented small label="Risk unit" value={ticket.riskUnit.value} onChange={(v) => { ticket.riskUnit.value = v; ticket.risk.value = v === "percent" ? "1" : riskCash.value ?? ""; }}
              choices={[{ value: "percent", text: "% equity" }, { value: "cash", text: terms?.settlement ?? "cash" }]} />} />
          {ticket.riskUnit.value === "percent" ? (
            <div class="chips" role="group" aria-label="Shares of equity">
              {SHARES.map((one) => <button key={one} type="button" aria-pressed={ticket.risk.value === one} onClick={() => { ticket.risk.value = one; }}>{one} %</button>)}
              <span class="muted chips-end">{riskCash.value ? `${cash(riskCash.value, decimals)} ${terms?.settlement ?? ""}` : ""}</span>
            </div>
          ) : null}
        </>
      ) : (
        <Field id="ticket-first" label="Size" unit={terms?.kind === "inverse" ? `contracts of ${number(terms.contract_size)} ${terms.quote}` : "contracts"} value={ticket.size.value}
          onInput={(v) => { ticket.size.value = v; }} />
      )}
      <p class="box-note">
        {byRisk && preview?.size ? <>Size <strong>{number(preview.size)}</strong> contracts</> : own ? <>Available <strong>{cash(own.available, decimals)}</strong> {own.asset}</> : "\u00a0"}
      </p>
    </fieldset>
  );
}
