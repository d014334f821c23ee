/** A request in flight, for buttons: busy while it runs, and the venue's refusal where there is one. */
import { useState } from "preact/hooks";
import { Refused } from "../socket";
import type { VenueError } from "../wire";

export function asError(error: unknown): VenueError {
  if (error instanceof Refused) return error.error;
  return { code: "terminal", message: error instanceof Error ? error.message : String(error) };
}

export function useRequest(): { busy: boolean; error: VenueError | null; run: (work: () => Promise<void>) => Promise<void>; clear: () => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<VenueError | null>(null);
  async function run(work: () => Promise<void>): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (reason) {
      setError(asError(reason));
    } finally {
      setBusy(false);
    }
  }
  return { busy, error, run, clear: () => setError(null) };
}
