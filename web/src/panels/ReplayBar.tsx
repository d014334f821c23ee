/** The venue's clock, large, and the controls of a replay. */
import { useState } from "preact/hooks";
import { clock, day } from "../format";
import { Pause, Play, Restart } from "../parts/icons";
import { asError, useRequest } from "../parts/request";
import { call } from "../rest";
import { socket, useChannel } from "../store/link";
import { symbol, toast } from "../store/ui";
import type { Replay, Ticker } from "../wire";

const SPEEDS = [1, 10, 60, 300, 600];

function Controls({ replay }: { replay: Replay }) {
  const request = useRequest();
  const [sure, setSure] = useState(false);
  function send(change: object, said: string): void {
    void request.run(async () => {
      try {
        await call("POST", "replay", change);
      } catch (error) {
        const refused = asError(error);
        toast("warning", said, { detail: ["missing_scope", "not_signed_in"].includes(refused.code) ? "It runs for everybody here, so the operator controls it. The operator's password was shown where the venue was started." : refused.message });
      }
    });
  }
  const speed = Number(replay.speed);
  return (
    <div class="replay-controls" role="group" aria-label="Replay controls">
      <button type="button" class="icon" disabled={request.busy} aria-label={replay.paused ? "Play" : "Pause"}
        onClick={() => send({ paused: !replay.paused }, "The replay could not be paused")}>{replay.paused ? <Play /> : <Pause />}</button>
      <div class="speeds" role="group" aria-label="Speed">
        {SPEEDS.map((one) => (
          <button key={one} type="button" class={one === speed ? "speed on" : "speed"} aria-pressed={one === speed} disabled={request.busy}
            onClick={() => send({ speed: one }, "The speed could not be changed")}>{one}×</button>
        ))}
      </div>
      {sure ? (
        <span class="buttons">
          <button type="button" class="small danger" onClick={() => { setSure(false); send({ restart: true }, "The replay could not be restarted"); }}>Restart for everybody</button>
          <button type="button" class="small quiet" onClick={() => setSure(false)}>Keep going</button>
        </span>
      ) : <button type="button" class="icon" aria-label="Restart the replay" onClick={() => setSure(true)}><Restart /></button>}
    </div>
  );
}

export function ReplayBar() {
  const replay = useChannel<Replay>("replay").value;
  const ticker = useChannel<Ticker>(symbol.value && !replay ? `ticker.${symbol.value}` : null).value;
  const now = replay?.now ?? ticker?.time ?? null;
  const moving = replay && replay.start !== null && replay.end !== null;
  const progress = replay ? Math.round(Number(replay.progress) * 1000) / 10 : 0;
  return (
    <footer class="replay" aria-label="Venue clock and replay">
      <p class="venue-clock" title="The venue's clock. In a replay it is the time of the crash, not yours.">
        <span class="clock-day">{day(now)}</span> <time class="clock-time">{clock(now)}</time> <span class="muted">UTC</span>
      </p>
      {replay?.paused ? <span class="pill warning">paused</span> : null}
      {moving ? <Controls replay={replay} /> : null}
      {moving ? (
        <div class="replay-progress">
          <progress max={100} value={progress} aria-label="Progress of the replay" />
          <span class="muted">{progress.toFixed(1)} %</span>
        </div>
      ) : null}
      <p class="replay-title">{replay ? replay.title ?? replay.name ?? replay.feed : socket.link.value === "live" ? "" : "waiting for the venue"}</p>
      {replay?.message ? <p class="muted replay-message">{replay.message}</p> : null}
    </footer>
  );
}
