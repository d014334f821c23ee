/** Before the trade: size, liquidation, costs and chances, by the rules the engine runs. The address holds the whole question. */
import { useEffect, useState } from "preact/hooks";
import { Empty, ErrorNote, Tabs } from "../parts/controls";
import { asError } from "../parts/request";
import { useResource } from "../parts/resource";
import { post } from "../rest";
import { go, query } from "../store/ui";
import type { VenueError } from "../wire";
import type { Answer, VenueList } from "./plan/answers";
import { kindOf, KINDS, type KindSpec } from "./plan/fields";
import { PlanForm } from "./plan/PlanForm";
import { PlanResult } from "./plan/PlanResult";
import { bodyOf, isComplete, queryOf, Unreadable, valuesOf, type Values } from "./plan/question";

function problem(error: unknown): VenueError {
  if (error instanceof Unreadable) return { code: "invalid_value", message: `${error.field}: ${error.message}`, field: error.field, rule: "PLAN-002" } as VenueError;
  return asError(error);
}

function Planner({ spec, asked }: { spec: KindSpec; asked: string }) {
  const [values, setValues] = useState<Values>(() => valuesOf(spec, asked));
  const [answer, setAnswer] = useState<Answer | null>(null);
  const [error, setError] = useState<VenueError | null>(null);
  const [busy, setBusy] = useState(false);
  const venues = useResource<VenueList>("plan/venues").value;
  async function ask(given: Values): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      setAnswer(await post<Answer>(`plan/${spec.kind}`, bodyOf(spec, given)));
    } catch (reason) {
      setAnswer(null);
      setError(problem(reason));
    } finally {
      setBusy(false);
    }
  }
  useEffect(() => {
    const given = valuesOf(spec, asked);
    setValues(given);
    if (asked && isComplete(spec, given)) void ask(given);
    else setAnswer(null);
  }, [spec.kind, asked]);
  function submit(given: Values): void {
    try {
      const wanted = queryOf(spec, given);
      if (wanted === asked) void ask(given);
      else go(`plan/${spec.kind}?${wanted}`);
    } catch (reason) {
      setAnswer(null);
      setError(problem(reason));
    }
  }
  return (
    <div class="plan" id="plan-panel" role="tabpanel" aria-labelledby={`plan-panel-${spec.kind}`}>
      <div class="plan-ask">
        <p class="lead">{spec.lead}</p>
        <PlanForm spec={spec} values={values} venues={venues} busy={busy} error={error} onAsk={() => submit(values)}
          onExample={() => { setValues(spec.example); submit(spec.example); }}
          onChange={(name, value) => setValues({ ...values, [name]: value, ...(name === "venue" ? { symbol: "" } : {}) })} />
      </div>
      <div class="plan-told" aria-live="polite" aria-busy={busy}>
        <ErrorNote error={error} />
        {answer ? <PlanResult answer={answer} /> : error ? null : <div class="card"><Empty title={busy ? "Planning…" : "Nothing planned yet"}>{busy ? null : "Fill in the fields with a star and press Plan, or start from an example. The address then holds your plan."}</Empty></div>}
      </div>
    </div>
  );
}

export default function PlanPage({ rest }: { rest: string[] }) {
  const spec = kindOf(rest[0] ?? "size");
  return (
    <div class="page">
      <div class="page-inner wide">
        <h1>Plan</h1>
        <Tabs label="Plans" value={spec?.kind ?? "size"} tabs={KINDS.map((one) => ({ value: one.kind, text: one.tab }))} onChange={(kind) => go(`plan/${kind}`)} controls="plan-panel" />
        {spec ? <Planner key={spec.kind} spec={spec} asked={query.value} /> : <Empty title="There is no such plan"><a href="#/plan/size">Plan a size</a></Empty>}
      </div>
    </div>
  );
}
