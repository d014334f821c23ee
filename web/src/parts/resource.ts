/** Something read over REST: undefined while it is on its way, then the thing or the refusal. */
import { useEffect, useState } from "preact/hooks";
import { get } from "../rest";
import type { VenueError } from "../wire";
import { asError } from "./request";

export interface Resource<T> { value: T | undefined; error: VenueError | null; reload: () => void }

export function useResource<T>(path: string | null, everyMs = 0): Resource<T> {
  const [value, setValue] = useState<T | undefined>(undefined);
  const [error, setError] = useState<VenueError | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === null) return;
    let gone = false;
    const load = () => get<T>(path).then(
      (found) => { if (!gone) { setValue(found); setError(null); } },
      (reason: unknown) => { if (!gone) setError(asError(reason)); });
    void load();
    const timer = everyMs ? window.setInterval(() => { if (document.visibilityState !== "hidden") void load(); }, everyMs) : 0;
    return () => { gone = true; window.clearInterval(timer); };
  }, [path, turn, everyMs]);
  return { value, error, reload: () => setTurn((before) => before + 1) };
}
