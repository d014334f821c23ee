/** Equity against what was needed, as two bars on one scale. */
import { sign } from "../../decimal";
import type { Story } from "./story";

export function MarginPicture({ story, money }: { story: Story; money: (text: string) => string }) {
  const needed = Number(story.maintenance_margin);
  const had = Math.max(0, Number(story.equity));
  const most = Math.max(needed, had, 1e-12);
  return (
    <div class="margin-picture" role="img" aria-label={`Had ${money(story.equity)}, needed ${money(story.maintenance_margin)}.`}>
      <p><span>Had</span><i class={sign(story.equity) > 0 ? "had" : "had none"} style={{ width: `${(78 * had) / most}%` }} /><strong>{money(story.equity)}</strong></p>
      <p><span>Needed</span><i class="needed" style={{ width: `${(78 * needed) / most}%` }} /><strong>{money(story.maintenance_margin)}</strong></p>
    </div>
  );
}
