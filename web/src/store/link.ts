/** The socket of this page, and channels as signals: subscribed while a visible component looks at them. */
import { batch, type Signal, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Socket } from "../socket";
import type { StreamMessage } from "../wire";
import { reducerOf } from "./reducers";

const here = new URL("ws/v1", document.baseURI.split("#")[0]!);
here.protocol = here.protocol.replace("http", "ws");
export const socket = new Socket(here.toString());

interface Kept { signal: Signal<unknown>; watchers: number; handler: (message: StreamMessage) => void }
const kept = new Map<string, Kept>();

function keep(name: string): Kept {
  let entry = kept.get(name);
  if (!entry) {
    const value = signal<unknown>(undefined);
    const reduce = reducerOf(name);
    const handler = (message: StreamMessage) => batch(() => {
      const next = reduce(value.peek(), message, () => socket.again(name));
      if (next !== undefined) value.value = next;
    });
    entry = { signal: value, watchers: 0, handler };
    kept.set(name, entry);
  }
  return entry;
}

/** What a channel last said; undefined before its first message. */
export function channel<T>(name: string): Signal<T | undefined> {
  return keep(name).signal as Signal<T | undefined>;
}

const shown = () => document.visibilityState !== "hidden";

export function watch(name: string): () => void {
  const entry = keep(name);
  entry.watchers += 1;
  if (entry.watchers === 1 && shown()) socket.want(name, entry.handler);
  return () => {
    entry.watchers -= 1;
    if (entry.watchers === 0) socket.forget(name);
  };
}

/** The channel's signal, subscribed while the component is on the page. */
export function useChannel<T>(name: string | null): Signal<T | undefined> {
  useEffect(() => (name ? watch(name) : undefined), [name]);
  return channel<T>(name ?? "nothing");
}

/** Everything said so far is forgotten: somebody signed in or out. */
export function startOver(names: (name: string) => boolean): void {
  for (const [name, entry] of kept) if (names(name)) entry.signal.value = undefined;
  socket.reconnect(true);
}

// A hidden tab needs nothing. Private channels stay, so that a liquidation is on the screen when it is looked at again.
const PRIVATE = new Set(["orders", "fills", "positions", "wallet", "notices"]);
document.addEventListener("visibilitychange", () => {
  for (const [name, entry] of kept) {
    if (PRIVATE.has(name) || entry.watchers === 0) continue;
    if (shown()) socket.want(name, entry.handler);
    else socket.forget(name);
  }
});
