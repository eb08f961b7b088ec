// The signalling session as a pure state machine: what happened and `now` (ms) in, effects out.
// It keeps the seat through cuts of the socket by the resume secret of the last welcome.
import type { ClientMessage, Media, ServerMessage } from "../wire/messages";
import { Commands, isCommand } from "./commands";
import type { Failure, Phase } from "./state";

export type SessionEffect =
  | { readonly type: "open" }
  /** First see whether the server answers a request, then open. */
  | { readonly type: "knock" }
  | { readonly type: "close" }
  | { readonly type: "send"; readonly message: ClientMessage }
  | { readonly type: "receive"; readonly message: ServerMessage }
  | { readonly type: "finished"; readonly phase: Phase; readonly failure: Failure | null };

const PING_EVERY = 10_000;
const PROBE_ANSWER = 5_000;
const FIRST_DELAY = 500;
/** Whoever was just cut off wants back within seconds of the server's return. */
const LONGEST_DELAY = 2_500;
/** Later the server must be more than restarting. */
const PATIENT = 120_000;
const PATIENT_DELAY = 15_000;
/** An attempt that has brought no welcome by then is given up. */
const ATTEMPT = 10_000;

/**
 * After so many attempts. Browsers hold a WebSocket back where others have failed, Firefox for up to a
 * minute: then the server is back and nobody comes. Requests are not held back.
 */
const KNOCK_FROM = 2;

type Stage = "idle" | "opening" | "joining" | "live" | "waiting" | "finished";

export interface SessionSource {
  /** As it is at the moment of joining: it is renewed in long calls. */
  readonly grant: () => string;
  /** One's own media as it is at the moment of joining. */
  readonly media: () => Media;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  /** A random word of this page, by which it says that it closes. */
  readonly page?: string;
  /** Whether what is large may come deflated. */
  readonly deflate?: boolean;
}

export class Session {
  private stage: Stage = "idle";
  private sequence = 0;
  private attempts = 0;
  private failing: number | null = null;
  private wakeAt: number | null = null;
  /** When what was refused for now is said again, whatever else comes until then. */
  private againAt: number | null = null;
  private awaitingPong = false;
  private lost: number | null = null;
  private joinedWith: Media | null = null;
  private readonly commands: Commands;

  /** `resume`: of a seat that this tab had before the page was loaded again. */
  constructor(
    private readonly source: SessionSource,
    private resume: string | null = null,
  ) {
    this.commands = new Commands(source.random);
  }

  /** When `tick` wants to be called next; null: not at all. */
  get deadline(): number | null {
    return this.wakeAt;
  }

  /** Since when there has been no live socket after there was one; null while there is one. */
  get lostSince(): number | null {
    return this.lost;
  }

  get live(): boolean {
    return this.stage === "live";
  }

  /** The server has not said yet that it holds what one's own media are. */
  get unconfirmed(): boolean {
    return this.commands.waits("media");
  }

  start(now: number): SessionEffect[] {
    return this.open(now);
  }

  opened(): SessionEffect[] {
    if (this.stage !== "opening") return [];
    this.stage = "joining";
    this.joinedWith = this.source.media();
    const join: ClientMessage = {
      type: "join",
      grant: this.source.grant(),
      resume: this.resume,
      media: this.joinedWith,
      page: this.source.page ?? null,
      deflate: this.source.deflate ?? false,
    };
    return [{ type: "send", message: join }];
  }

  /** The socket is gone, or could not be opened. */
  closed(now: number): SessionEffect[] {
    if (this.stage === "finished" || this.stage === "waiting") return [];
    return this.retry(now, 0);
  }

  received(message: ServerMessage, now: number): SessionEffect[] {
    if (this.stage !== "joining" && this.stage !== "live") return [];
    this.awaitingPong = false;
    if (this.stage === "joining") return this.joining(message, now);
    this.wakeAt = Math.min(now + PING_EVERY, this.againAt ?? Number.POSITIVE_INFINITY);
    switch (message.type) {
      case "pong":
        return [];
      case "done":
        this.commands.answered(message.command);
        return [];
      case "error":
        if (typeof message.command === "string") return this.refused(message, now);
        break;
      case "ended":
        return this.ended(message.reason);
      case "change":
        if (message.sequence <= this.sequence) return [];
        if (message.sequence !== this.sequence + 1) return this.rejoin(now);
        this.sequence = message.sequence;
        break;
    }
    return [{ type: "receive", message }];
  }

  tick(now: number): SessionEffect[] {
    if (this.wakeAt === null || now < this.wakeAt) return [];
    if (this.stage === "waiting") return this.open(now);
    if (this.stage === "opening" || this.stage === "joining" || this.awaitingPong) {
      return [{ type: "close" }, ...this.retry(now, 0)];
    }
    return this.probe(now);
  }

  /** Asks whether the socket is alive; called also when the network seems to have changed. */
  probe(now: number): SessionEffect[] {
    if (this.stage === "waiting") {
      this.attempts = 0;
      return this.open(now);
    }
    if (this.stage !== "live" || this.awaitingPong) return [];
    this.awaitingPong = true;
    this.wakeAt = now + PROBE_ANSWER;
    return [{ type: "send", message: { type: "ping" } }, ...this.sayAgain()];
  }

  /** As `probe`, but while it waits to come back nothing is hastened. */
  doubt(now: number): SessionEffect[] {
    return this.stage === "live" ? this.probe(now) : [];
  }

  /**
   * Commands are kept until they are answered. Other messages are dropped while there is no live
   * socket: the state is sent anew after the welcome.
   */
  send(message: ClientMessage): SessionEffect[] {
    if (this.stage === "finished") return [];
    const said = isCommand(message) ? this.commands.add(message) : message;
    return this.stage === "live" ? [{ type: "send", message: said }] : [];
  }

  leave(): SessionEffect[] {
    if (this.stage === "finished") return [];
    const goodbye = this.send({ type: "leave" });
    return [...goodbye, ...this.finish("left", null)];
  }

  private open(now: number): SessionEffect[] {
    this.stage = "opening";
    this.awaitingPong = false;
    this.wakeAt = now + ATTEMPT;
    return [{ type: this.attempts < KNOCK_FROM ? "open" : "knock" }];
  }

  private joining(message: ServerMessage, now: number): SessionEffect[] {
    if (message.type === "ended") return this.ended(message.reason);
    if (message.type === "error") return this.notAdmitted(message.error, now);
    if (message.type !== "welcome") return [];
    this.stage = "live";
    this.resume = message.resume;
    this.sequence = message.roster.sequence;
    this.attempts = 0;
    this.failing = null;
    this.lost = null;
    this.wakeAt = now + PING_EVERY;
    if (message.resumed !== true) this.commands.forget();
    this.changedSince();
    return [{ type: "receive", message }, ...this.sayAgain()];
  }

  /** A microphone may become ready between `join` and `welcome`. */
  private changedSince(): void {
    const media = this.source.media();
    if (JSON.stringify(media) === JSON.stringify(this.joinedWith)) return;
    if (!this.commands.waits("media")) this.commands.add({ type: "media", media });
  }

  private sayAgain(): SessionEffect[] {
    this.againAt = null;
    return this.commands.all().map((message) => ({ type: "send", message }));
  }

  /** One that may succeed later is said again then; the others are the interface's to tell. */
  private refused(message: ServerMessage & { type: "error" }, now: number): SessionEffect[] {
    const retryAfter = message.error.details?.retry_after;
    if (typeof retryAfter === "number") {
      this.againAt = Math.min(this.wakeAt ?? Number.POSITIVE_INFINITY, now + retryAfter * 1000);
      this.wakeAt = this.againAt;
      return [];
    }
    this.commands.answered(message.command ?? "");
    return [{ type: "receive", message }];
  }

  private notAdmitted(error: { code: string; message: string; details?: object }, now: number) {
    const failure = { ...error, details: { ...error.details } as Record<string, unknown> };
    const retryAfter = failure.details.retry_after;
    if (typeof retryAfter === "number") {
      return [{ type: "close" } as const, ...this.retry(now, retryAfter * 1000)];
    }
    // Somebody cut off comes back to a call that ended meanwhile: that is no refusal.
    if (this.resume !== null && failure.code === "call_ended") return this.finish("ended", null);
    return this.finish("refused", failure);
  }

  private ended(reason: "ended" | "replaced" | "left"): SessionEffect[] {
    if (reason === "left") return this.finish("left", null);
    const replaced = { code: "replaced", message: "The call continues elsewhere.", details: {} };
    return this.finish("ended", reason === "replaced" ? replaced : null);
  }

  /** A change was missed: a fresh snapshot comes with a new welcome, and the seat is kept. */
  private rejoin(now: number): SessionEffect[] {
    this.lost ??= now;
    return [{ type: "close" }, ...this.open(now)];
  }

  private retry(now: number, atLeast: number): SessionEffect[] {
    if (this.resume !== null) this.lost ??= now;
    this.failing ??= now;
    const longest = now - this.failing < PATIENT ? LONGEST_DELAY : PATIENT_DELAY;
    const ceiling = Math.min(longest, FIRST_DELAY * 2 ** this.attempts);
    this.attempts += 1;
    this.stage = "waiting";
    this.awaitingPong = false;
    this.wakeAt = now + Math.max(atLeast, ceiling * (0.5 + this.source.random() / 2));
    return [];
  }

  private finish(phase: Phase, failure: Failure | null): SessionEffect[] {
    this.stage = "finished";
    this.wakeAt = null;
    this.lost = null;
    return [{ type: "close" }, { type: "finished", phase, failure }];
  }
}
