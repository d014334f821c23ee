/** The dialog that is open, if any. Those of a position are loaded when first used. */
import { lazy, Suspense } from "preact/compat";
import { SignInDialog } from "./panels/SignInDialog";
import { dialog } from "./store/ui";

const HelpDialog = lazy(() => import("./panels/HelpDialog").then((module) => ({ default: module.HelpDialog })));
const PositionDialogs = lazy(() => import("./panels/PositionDialogs").then((module) => ({ default: module.PositionDialogs })));
const AmendDialog = lazy(() => import("./panels/AmendDialog").then((module) => ({ default: module.AmendDialog })));

export function Dialogs() {
  const open = dialog.value;
  if (!open) return null;
  const close = () => { dialog.value = null; };
  return (
    <Suspense fallback={null}>
      {open.kind === "help" ? <HelpDialog onClose={close} />
        : open.kind === "sign-in" ? <SignInDialog onClose={close} />
        : open.kind === "amend" ? <AmendDialog orderId={open.order_id} onClose={close} />
        : <PositionDialogs kind={open.kind} symbol={open.symbol} onClose={close} />}
    </Suspense>
  );
}
