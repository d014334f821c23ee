/** One socket to the venue: requests with answers, channels with sequences, reconnecting with resume, and a state that says when to distrust the screen. */
import { signal } from "@preact/signals";
import type { Answer, StreamMessage, Time, VenueError } from "./wire";

export type Link = "connecting" | "live" | "stale" | "lost";
export type Handler = (message: StreamMessage) => void;

export class Refused extends Error {
  constructor(readonly error: VenueError) {
    super(error.message);
  }
}

const PING_AFTER_MS = 2_500;
const STALE_AFTER_MS = 6_000;
const GIVE_UP_AFTER_MS = 15_000;
const ANSWER_WITHIN_MS = 10_000;
const BACKOFF_MS = [250, 500, 1_000, 2_000, 4_000, 8_000];

interface Pending { resolve: (result: unknown) => void; reject: (error: Error) => void; timer: number }
interface Channel { handler: Handler; sequence: number; wanted: boolean; asked: boolean }

export class Socket {
  readonly link = signal<Link>("connecting");
  readonly attempt = signal(0);
  readonly heardAt = signal<Time | null>(null);
  /** Bytes of text received since the page was opened. */
  received = 0;
  gaps = 0;
  private socket: WebSocket | null = null;
  private heard = 0;
  private pinged = 0;
  private nextId = 1;
  private retry = 0;
  private pending = new Map<number, Pending>();
  private channels = new Map<string, Channel>();
  private flushing = 0;

  constructor(private readonly url: string) {}

  start(): void {
    this.open();
    window.setInterval(() => this.watch(), 500);
    window.addEventListener("online", () => this.reconnect());
    window.addEventListener("offline", () => this.lost());
  }

  /** Open again at once: after signing in or out, the socket must carry the new cookie. */
  reconnect(forget = false): void {
    if (forget) for (const channel of this.channels.values()) channel.sequence = 0;
    window.clearTimeout(this.retry);
    this.drop();
    this.open();
  }

  private open(): void {
    const socket = new WebSocket(this.url);
    this.socket = socket;
    this.heard = this.pinged = performance.now();
    socket.onopen = () => {
      this.attempt.value = 0;
      this.heardNow();
      for (const channel of this.channels.values()) channel.asked = false;
      this.flush();
    };
    socket.onmessage = (event) => this.take(event.data as string);
    socket.onclose = () => {
      if (this.socket === socket) this.lost();
    };
  }

  /** Say that the connection is gone, and try again after a while that grows. */
  private lost(): void {
    this.drop();
    this.link.value = "lost";
    const wait = BACKOFF_MS[Math.min(this.attempt.value, BACKOFF_MS.length - 1)]!;
    this.attempt.value += 1;
    window.clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.open(), wait * (0.8 + Math.random() * 0.4));
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    for (const { reject, timer } of this.pending.values()) {
      window.clearTimeout(timer);
      reject(new Refused({ code: "not_available", message: "The connection to the venue was lost before it answered.",
                           do: "Look at your orders when the connection is back, then try again." }));
    }
    this.pending.clear();
  }

  private watch(): void {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return;
    const now = performance.now();
    const silent = now - this.heard;
    if (silent > GIVE_UP_AFTER_MS) this.reconnect();
    else if (silent > STALE_AFTER_MS) this.link.value = "stale";
    if (silent > PING_AFTER_MS && now - this.pinged > PING_AFTER_MS) {
      this.pinged = now;
      this.ask("ping").catch(() => undefined);
    }
  }

  private heardNow(): void {
    this.heard = performance.now();
    this.heardAt.value = Math.floor(Date.now() / 1000) * 1000;
    this.link.value = "live";
  }

  private take(text: string): void {
    this.received += text.length;
    this.heardNow();
    const message = JSON.parse(text) as StreamMessage | Answer;
    if ("channel" in message) this.route(message);
    else {
      const waiting = this.pending.get(message.id);
      if (!waiting) return;
      this.pending.delete(message.id);
      window.clearTimeout(waiting.timer);
      if (message.ok) waiting.resolve(message.result);
      else waiting.reject(new Refused(message.error ?? { code: "unknown", message: "The venue refused." }));
    }
  }

  private route(message: StreamMessage): void {
    const channel = this.channels.get(message.channel);
    if (!channel || !channel.wanted) return;
    if (message.type === "delta" && message.sequence !== channel.sequence + 1) {
      if (message.sequence <= channel.sequence) return;
      this.gaps += 1;
      this.again(message.channel);
      return;
    }
    channel.sequence = message.sequence;
    channel.handler(message);
  }

  /** Ask for a channel from scratch: after a gap, or when its contents fail their check. */
  again(name: string): void {
    const channel = this.channels.get(name);
    if (!channel) return;
    channel.sequence = 0;
    if (channel.asked) this.ask("unsubscribe", { channels: [name] }).catch(() => undefined);
    channel.asked = false;
    this.flush();
  }

  /** Messages of a channel go to ``handler`` until ``forget``. What was last seen is kept, so that coming back is cheap. */
  want(name: string, handler: Handler): void {
    const known = this.channels.get(name);
    if (known) Object.assign(known, { handler, wanted: true });
    else this.channels.set(name, { handler, sequence: 0, wanted: true, asked: false });
    this.later();
  }

  forget(name: string): void {
    const channel = this.channels.get(name);
    if (channel) channel.wanted = false;
    this.later();
  }

  private later(): void {
    if (this.flushing) return;
    this.flushing = window.setTimeout(() => { this.flushing = 0; this.flush(); }, 20);
  }

  /** Tell the venue what changed between what is asked for and what is wanted. */
  private flush(): void {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const on: string[] = [];
    const off: string[] = [];
    const resume: Record<string, number> = {};
    for (const [name, channel] of this.channels) {
      if (channel.wanted && !channel.asked) {
        on.push(name);
        if (channel.sequence > 0) resume[name] = channel.sequence;
      } else if (!channel.wanted && channel.asked) off.push(name);
      channel.asked = channel.wanted;
    }
    if (off.length) this.ask("unsubscribe", { channels: off }).catch(() => undefined);
    if (on.length) this.subscribe(on, resume);
  }

  private subscribe(channels: string[], resume: Record<string, number>): void {
    const extra = Object.keys(resume).length ? { resume } : {};
    this.ask("subscribe", { channels, ...extra }).catch((error: unknown) => {
      if (!(error instanceof Refused) || error.error.code === "not_available" && !this.socket) return;
      if (channels.length > 1) for (const name of channels) this.subscribe([name], name in resume ? { [name]: resume[name]! } : {});
      else this.refusals.set(channels[0]!, error.error);
    });
  }

  /** Channels the venue would not give, and why. */
  readonly refusals = new Map<string, VenueError>();

  ask<T = unknown>(op: string, fields: object = {}): Promise<T> {
    const socket = this.socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new Refused({ code: "not_available", message: "There is no connection to the venue.",
                                          do: "Wait until the connection is back." }));
    }
    const id = this.nextId++;
    return new Promise<T>((resolve, reject) => {
      const timer = window.setTimeout(() => {
        this.pending.delete(id);
        reject(new Refused({ code: "not_available", message: "The venue did not answer in time.",
                             do: "Look at your orders before you send it again." }));
      }, ANSWER_WITHIN_MS);
      this.pending.set(id, { resolve: resolve as (result: unknown) => void, reject, timer });
      socket.send(JSON.stringify({ id, op, ...fields }));
    });
  }
}
