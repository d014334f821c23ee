/** Why was I liquidated: a list of one's own liquidations, and a page for each. */
import { Liquidated } from "../panels/account/Liquidated";
import { Empty, ErrorNote } from "../parts/controls";
import { useResource } from "../parts/resource";
import { session } from "../store/session";
import { dialog } from "../store/ui";
import { StoryView } from "./liquidation/StoryView";
import type { Story } from "./liquidation/story";

function One({ id }: { id: string }) {
  const { value, error, reload } = useResource<Story>(`my/liquidations/${encodeURIComponent(id)}`, 5_000);
  if (error && !value) return <div class="page-inner"><h1>Why was I liquidated</h1><ErrorNote error={error} /><div class="buttons"><button type="button" onClick={reload}>Try again</button><a href="#/liquidations">All liquidations</a></div></div>;
  if (!value) return <Empty title="Reading what happened…" />;
  return <StoryView story={value} />;
}

export default function LiquidationPage({ rest }: { rest: string[] }) {
  const who = session.value;
  if (who === null) return <Empty title="Sign in to see your liquidations">They are shown to nobody but you.<button type="button" onClick={() => { dialog.value = { kind: "sign-in" }; }}>Sign in</button></Empty>;
  if (!who) return <Empty title="…" />;
  return (
    <div class="page">
      {rest[0] ? <One id={rest[0]} /> : (
        <div class="page-inner">
          <h1>Your liquidations</h1>
          <p class="lead">Each has a page that walks through it: the index and its sources, the mark, your margin, every step, who paid, and what would have prevented it.</p>
          <div class="card">{<Liquidated />}</div>
        </div>
      )}
    </div>
  );
}
