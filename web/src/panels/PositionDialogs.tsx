/** What can be done about one position: margin, closing, scaling out, a stop where none is. */
import { channel } from "../store/link";
import type { Position } from "../wire";
import { Dialog } from "../parts/Dialog";
import { CloseForm } from "./position/CloseForm";
import { MarginForm } from "./position/MarginForm";
import { ProtectForm } from "./position/ProtectForm";
import { ScaleOutForm } from "./position/ScaleOutForm";

interface Props { kind: "margin" | "close" | "scale-out" | "protect"; symbol: string; onClose: () => void }
const TITLES = { margin: "Add or remove margin", close: "Close position", "scale-out": "Scale out", protect: "Protect with a stop" };

export function PositionDialogs({ kind, symbol, onClose }: Props) {
  const position = channel<Position[]>("positions").value?.find((one) => one.symbol === symbol);
  return (
    <Dialog title={`${TITLES[kind]}: ${symbol}`} onClose={onClose}>
      {!position ? <><p>This position is closed. There is nothing left to change.</p><div class="buttons"><button type="button" onClick={onClose}>Close</button></div></>
        : kind === "margin" ? <MarginForm position={position} onDone={onClose} />
        : kind === "close" ? <CloseForm position={position} onDone={onClose} />
        : kind === "scale-out" ? <ScaleOutForm position={position} onDone={onClose} />
        : <ProtectForm position={position} onDone={onClose} />}
    </Dialog>
  );
}
