// When the media path is repaired and how: first a silent ICE restart, then a new peer connection.
// Pure: states and `now` (ms) in, what to do out. Whoever is told to repair sends an offer as soon
// as there is a socket and then calls `began`.

export type Repair = "restart" | "rebuild";

const CONNECT_WITHIN = 8_000;
const LONGEST_WAIT = 32_000;
/** A short `disconnected` usually heals by itself. */
const PATIENCE = 1_000;

type Stage = "connecting" | "connected" | "shaky" | "restarting";

export class Restart {
  private stage: Stage = "connecting";
  private deadline: number | null = null;
  private failures = 0;
  private lost: number | null = null;

  /** A path was looked for in vain. */
  get vain(): boolean {
    return this.failures > 0;
  }

  /** Since when there has been no media path after there was one; null while there is one. */
  get lostSince(): number | null {
    return this.lost;
  }

  /** An offer with new ICE credentials was sent. */
  began(now: number): void {
    this.deadline = now + Math.min(LONGEST_WAIT, CONNECT_WITHIN * 2 ** this.failures);
  }

  changed(state: RTCPeerConnectionState, now: number): Repair | null {
    if (state === "connected") {
      this.recovered();
    } else if (state === "disconnected" && this.stage === "connected") {
      this.stage = "shaky";
      this.lost = now;
      this.deadline = now + PATIENCE;
    } else if (state === "failed" && (this.stage === "connected" || this.stage === "shaky")) {
      this.lost ??= now;
      return this.repair("restart");
    }
    return null;
  }

  /** The server says that it no longer has the connection. */
  gone(now: number): void {
    if (this.stage === "connecting") return;
    this.lost ??= now;
    this.repair("rebuild");
  }

  /** Another network: the old path may look alive for seconds. */
  networkChanged(): Repair | null {
    return this.stage === "connected" || this.stage === "shaky" ? this.repair("restart") : null;
  }

  /** `state` as it is now: a path that survives an ICE restart announces nothing. */
  tick(state: RTCPeerConnectionState, now: number): Repair | null {
    if (this.deadline === null || now < this.deadline) return null;
    if (state === "connected") {
      this.recovered();
      return null;
    }
    if (this.stage === "shaky") return this.repair("restart");
    this.failures += 1;
    return this.repair("rebuild");
  }

  private recovered(): void {
    this.stage = "connected";
    this.deadline = null;
    this.failures = 0;
    this.lost = null;
  }

  private repair(repair: Repair): Repair {
    this.stage = repair === "restart" ? "restarting" : "connecting";
    this.deadline = null;
    return repair;
  }
}
