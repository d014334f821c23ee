/** Notices of the venue become toasts: those that come while the page is open, not the history. */
import { useEffect } from "preact/hooks";
import type { Notice } from "../wire";
import { channel, watch } from "./link";
import { signedIn } from "./session";
import { toast } from "./ui";

let seen: Set<string> | null = null;

function announce(notices: Notice[] | undefined): void {
  if (!notices) { seen = null; return; }
  const known = seen;
  seen = new Set(notices.map((notice) => notice.id));
  if (!known) return;
  for (const notice of notices.filter((one) => !known.has(one.id)).slice(0, 3).reverse()) {
    const link = notice.liquidation_id
      ? { text: "Why was I liquidated?", to: `liquidations/${encodeURIComponent(notice.liquidation_id)}` } : undefined;
    toast(notice.level, notice.text, { link });
  }
}

export function useNoticeToasts(): void {
  const on = signedIn.value;
  useEffect(() => {
    if (!on) return;
    const stop = watch("notices");
    const end = channel<Notice[]>("notices").subscribe(announce);
    return () => { stop(); end(); seen = null; };
  }, [on]);
}
