/** Keyboard of the trading page: b and s choose a side, / goes to the ladder, ? opens help. Nothing is sent by a key alone. */
import { useEffect } from "preact/hooks";
import { dialog, go, phonePart, route, switchTheme } from "../store/ui";
import { ticket } from "../store/ticket";

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.matches("input:not([type=radio]):not([type=checkbox]):not([type=range]), select, textarea") || target.isContentEditable);

function toTicket(side: "buy" | "sell"): void {
  if (route.value.page !== "trade") go("trade");
  phonePart.value = "ticket";
  ticket.side.value = side;
  requestAnimationFrame(() => document.getElementById("ticket-first")?.focus());
}

const ACTIONS: Record<string, () => void> = {
  b: () => toTicket("buy"),
  s: () => toTicket("sell"),
  l: () => { phonePart.value = "book"; requestAnimationFrame(() => document.getElementById("ladder")?.focus()); },
  "?": () => { dialog.value = dialog.value ? null : { kind: "help" }; },
  t: switchTheme,
  1: () => go("trade"), 2: () => go("risk"), 3: () => go("liquidations"), 4: () => go("prove"), 5: () => go("keys"),
  p: () => go("plan"),
};

export function useKeys(): void {
  useEffect(() => {
    function down(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape" && typing(event.target)) { (event.target as HTMLElement).blur(); return; }
      if (typing(event.target) || dialog.value && event.key !== "?") return;
      const action = ACTIONS[event.key];
      if (!action) return;
      event.preventDefault();
      action();
    }
    document.addEventListener("keydown", down);
    return () => document.removeEventListener("keydown", down);
  }, []);
}
