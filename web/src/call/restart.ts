// When the media path is repaired and how: first a silent ICE restart, then a new peer connection.
// Pure: states and `now` (ms) in, what to do out. Whoever is told to repair sends an offer as soon
// as there is a socket and then calls `began`.

export type Repair = "restart" | "rebuild";

/** After the answer. A media server that is away answers when it is back, however late. */
const CONNECT_WITHIN = 8_000;
const LONGEST_WAIT = 32_000;
/** By then the offer itself is taken for lost. */
const UNANSWERED = 30_000;
/** A short `disconnected` usually heals by itself. */
const PATIENCE = 1_000;
/** Between an attempt that has failed and the next one. */
const AGAIN = 1_000;
const LONGEST_PAUSE = 4_000;
/** Of a transport that should carry something. */
const FROZEN = 3_000;
const LONGEST_FREEZE = 60_000;
/** A freeze after such a time has nothing to do with the one before. */
const CALM = 60_000;
/** Of pictures alone: they may be missing through no fault of this line. */
const STARVED = 5_000;
const STARVED_LONG = 20_000;

type Stage = "connecting" | "connected" | "shaky" | "restarting";

/** Since when nothing has arrived though something should; null: it does arrive. */
export interface Silence {
  /** Of the whole transport. */
  readonly transport: number | null;
  /** Of pictures that are asked for. */
  readonly pictures: number | null;
}

const nothingMissing: Silence = { transport: null, pictures: null };

export class Restart {
  private stage: Stage = "connecting";
  private deadline: number | null = null;
  private checking = false;
  private fruitless = false;
  private failures = 0;
  private lost: number | null = null;
  private silence = nothingMissing;
  /** Repairs that did not end the silence. */
  private freezes = 0;
  private frozeAt = Number.NEGATIVE_INFINITY;
  private starved: "no" | "restarted" | "rebuilt" = "no";

  /** The server answers, yet a path was looked for in vain. */
  get vain(): boolean {
    return this.fruitless;
  }

  /** Since when there has been no media path after there was one; null while there is one. */
  get lostSince(): number | null {
    return this.lost;
  }

  /** An offer was sent. */
  began(now: number): void {
    this.deadline = now + UNANSWERED;
    this.checking = false;
  }

  /**
   * The newest offer was answered: checks are under way. Firefox makes none where it gave up before
   * the answer came: what is still `failed` by then is not waited for.
   */
  answered(state: RTCPeerConnectionState, now: number): void {
    if (this.stage === "connected") return;
    this.checking = true;
    this.deadline = now + (state === "failed" ? this.pause : this.patience);
  }

  changed(state: RTCPeerConnectionState, now: number): Repair | null {
    if (state === "connected") {
      this.recovered();
    } else if (state === "connecting" && this.checking) {
      this.deadline = now + this.patience;
    } else if (state === "disconnected" && this.stage === "connected") {
      this.stage = "shaky";
      this.lost ??= now;
      this.deadline = now + PATIENCE;
    } else if (state === "failed" && (this.stage === "connected" || this.stage === "shaky")) {
      this.lost ??= now;
      return this.repair("restart");
    } else if (state === "failed" && this.checking && this.deadline !== null) {
      // Nothing more comes of this attempt.
      this.deadline = Math.min(this.deadline, now + this.pause);
    }
    return null;
  }

  /** The server says that it no longer has the connection. */
  gone(now: number): void {
    if (this.stage === "connecting") return;
    this.lost ??= now;
    this.repair("rebuild");
  }

  /** The server would not have the offer: another one, after a while. */
  refused(now: number): void {
    this.gone(now);
    this.stage = "connecting";
    this.checking = false;
    this.deadline = now + Math.min(LONGEST_WAIT, AGAIN * 2 ** this.failures);
    this.failures += 1;
  }

  /** Another network: the old path may look alive for seconds. */
  networkChanged(): Repair | null {
    return this.stage === "connected" || this.stage === "shaky" ? this.repair("restart") : null;
  }

  /** What is missing; to be told again and again, with `state` as it is now. */
  missing(silence: Silence, state: RTCPeerConnectionState, now: number): Repair | null {
    const before = this.silence;
    this.silence = silence;
    if (silence.transport === null) {
      if (before.transport !== null && state === "connected") this.recovered();
      if (now - this.frozeAt >= CALM) this.freezes = 0;
    }
    if (silence.pictures === null) this.starved = "no";
    if (this.stage !== "connected") return null;
    return silence.transport === null ? this.starving(now) : this.frozen(now, silence.transport);
  }

  /** `state` as it is now: a path that survives an ICE restart announces nothing. */
  tick(state: RTCPeerConnectionState, now: number): Repair | null {
    if (this.deadline === null || now < this.deadline) return null;
    if (state === "connected" && this.silence.transport === null) {
      this.recovered();
      return null;
    }
    if (this.stage === "shaky") return this.repair("restart");
    if (this.checking) this.failures += 1;
    if (this.checking && state !== "connected") this.fruitless = true;
    return this.repair("rebuild");
  }

  /** For checks that are under way. */
  private get patience(): number {
    return Math.min(LONGEST_WAIT, CONNECT_WITHIN * 2 ** this.failures);
  }

  /** Before the attempt that follows a failed one. */
  private get pause(): number {
    return Math.min(LONGEST_PAUSE, AGAIN * 2 ** this.failures);
  }

  private frozen(now: number, since: number): Repair | null {
    if (now - since >= FROZEN) this.lost ??= since;
    if (now - since < Math.min(LONGEST_FREEZE, FROZEN * 2 ** this.freezes)) return null;
    this.freezes += 1;
    this.frozeAt = now;
    return this.repair("restart");
  }

  /** The line is alive, so its sound is not cut for this more than once. */
  private starving(now: number): Repair | null {
    const since = this.silence.pictures;
    if (since === null) return null;
    if (this.starved === "no" && now - since >= STARVED) {
      this.starved = "restarted";
      return this.repair("restart");
    }
    if (this.starved === "restarted" && now - since >= STARVED_LONG) {
      this.starved = "rebuilt";
      return this.repair("rebuild");
    }
    return null;
  }

  private recovered(): void {
    this.stage = "connected";
    this.deadline = null;
    this.checking = false;
    this.fruitless = false;
    this.failures = 0;
    this.lost = null;
  }

  private repair(repair: Repair): Repair {
    this.stage = repair === "restart" ? "restarting" : "connecting";
    this.deadline = null;
    this.checking = false;
    return repair;
  }
}
