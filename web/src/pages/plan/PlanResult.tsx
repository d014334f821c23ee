/** The answer of a plan: at a glance, in a picture, as a table, term by term, and as a link. */
import { number } from "../../format";
import { Scroll } from "../../parts/controls";
import { toast } from "../../store/ui";
import type { Answer } from "./answers";
import { PlanBars, PlanChart } from "./PlanChart";

const looksLikeNumber = (text: string) => /^-?\d[\d.,]*( %| ±.*)?$/.test(text);
const cell = (text: string) => (/^-?\d+(\.\d+)?$/.test(text) ? number(text) : text);

function Glance({ answer }: { answer: Answer }) {
  const [first, second, third, ...others] = answer.shown.facts;
  return (
    <section class="card" aria-label="At a glance">
      <h2>{answer.shown.title}</h2>
      <dl class="plan-head">{[first, second, third].filter((one) => one !== undefined).map((one) => <div key={one.label}><dt>{one.label}</dt><dd>{cell(one.text)}</dd></div>)}</dl>
      {others.length ? <dl class="figures plan-facts">{others.map((one) => <div key={one.label}><dt>{one.label}</dt><dd>{cell(one.text)}</dd></div>)}</dl> : null}
    </section>
  );
}

function Table({ answer }: { answer: Answer }) {
  const { columns, rows, table_title } = answer.shown;
  return (
    <section class="card plan-table">
      <h2>{table_title}</h2>
      <Scroll label={table_title}>
        <table>
          <thead><tr>{columns.map((one, i) => <th key={i} scope="col" class={i ? "n" : ""}>{one || <span class="hidden-text">state</span>}</th>)}</tr></thead>
          <tbody>{rows.map((row, at) => <tr key={at}>{row.map((text, i) => (i ? <td key={i} class={looksLikeNumber(text) ? "n" : "n words"}>{cell(text)}</td> : <th key={i} scope="row">{cell(text)}</th>))}</tr>)}</tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Terms({ answer }: { answer: Answer }) {
  if (!answer.terms?.length) return null;
  return (
    <section class="card plan-table">
      <h2>Every term, with its rule</h2>
      <Scroll label="Every term">
        <table>
          <thead><tr><th scope="col">Term</th><th scope="col">How</th><th scope="col" class="n">Value</th><th scope="col">Rule</th></tr></thead>
          <tbody>{answer.terms.map((one, i) => <tr key={i}><th scope="row">{one.name}</th><td class="words">{one.formula}</td><td class="n">{number(one.value)} {one.unit}</td><td class="muted">{one.rule}</td></tr>)}</tbody>
        </table>
      </Scroll>
    </section>
  );
}

export function PlanResult({ answer }: { answer: Answer }) {
  const address = new URL(answer.link, document.baseURI.split("#")[0]!).href;
  return (
    <div class="plan-result" role="region" aria-label="The plan">
      <Glance answer={answer} />
      {answer.shown.bars.length ? <section class="card plan-table" aria-label="From entry to liquidation"><PlanBars bars={answer.shown.bars} /></section> : answer.chart ? <section class="card" aria-label="Picture"><PlanChart chart={answer.chart} /></section> : null}
      {answer.shown.rows.length ? <Table answer={answer} /> : null}
      {answer.notes.length ? <ul class="card plan-notes" aria-label="Notes">{answer.notes.map((one) => <li key={one}>{one}</li>)}</ul> : null}
      <Terms answer={answer} />
      <p class="plan-link"><a href={answer.link}>This plan as a link</a> <button type="button" class="quiet small" onClick={() => { void navigator.clipboard?.writeText(address).then(() => toast("good", "Copied")); }}>Copy it</button></p>
    </div>
  );
}
