// The way of the media: builds the peer connection, offers it, and repairs it.
import type { ClientMessage, Welcome } from "../wire/messages";
import { Peer } from "./peer";
import { type Repair, Restart } from "./restart";
import type { Failure } from "./state";

/** When a media server was replaced, its clients come back within this many ms, not at once. */
const STAMPEDE = 1_500;
const LOST: readonly string[] = ["media_lost", "session_lost"];

export interface PathEvents {
  /** Whether there is a socket to send offers on. */
  live(): boolean;
  send(message: ClientMessage): void;
  /** A new peer connection replaces the earlier one. */
  replaced(peer: Peer): void;
  /** The connection state or what is known of the way may have changed. */
  changed(): void;
}

export class MediaPath {
  peer: Peer | null = null;
  private readonly restart = new Restart();
  private iceServers: RTCIceServer[] = [];
  private offers = 0;
  private everAnswered = false;
  private lateRebuild: ReturnType<typeof setTimeout> | undefined;
  private pending: Repair | null = null;

  constructor(private readonly events: PathEvents) {}

  /** The server answers offers, yet no media gets through: UDP is probably blocked. */
  get blocked(): boolean {
    return this.restart.vain && this.everAnswered;
  }

  get lostSince(): number | null {
    return this.restart.lostSince;
  }

  welcomed(welcome: Welcome): void {
    this.iceServers = welcome.ice_servers ?? [];
    if (this.peer === null || welcome.resumed !== true) this.pending = "rebuild";
    else if (!this.peer.answered) this.pending ??= "restart";
    this.repairNow();
  }

  async answered(id: number, sdp: string): Promise<void> {
    try {
      await this.peer?.answer(id, sdp);
      this.everAnswered = true;
    } catch (reason) {
      // Without a way the deadline brings a new connection; at once, it could become a storm.
      console.error("The answer does not fit:", reason);
    }
  }

  /** The server refused an offer of ours; false when the id is of none. */
  refused(id: number, failure: Failure): boolean {
    if (id !== this.offers - 1) return false;
    if (failure.code === "stale_offer") {
      // Another page used this seat before: go on from its numbers.
      const { last } = failure.details;
      this.offers = (typeof last === "number" ? last : id) + 1;
      this.due("rebuild");
    } else if (failure.code === "sdp_changed") {
      this.due("rebuild");
    } else if (LOST.includes(failure.code)) {
      this.restart.gone(performance.now());
      this.lateRebuild = setTimeout(() => this.due("rebuild"), Math.random() * STAMPEDE);
    } else {
      return false;
    }
    return true;
  }

  networkChanged(): void {
    this.due(this.restart.networkChanged());
  }

  beat(now: number): void {
    if (this.peer === null) return;
    this.due(this.restart.tick(this.peer.connection.connectionState, now));
  }

  close(): void {
    clearTimeout(this.lateRebuild);
    this.peer?.close();
    this.peer = null;
  }

  private due(repair: Repair | null): void {
    if (repair === null) return;
    if (this.pending !== "rebuild") this.pending = repair;
    this.repairNow();
    this.events.changed();
  }

  private repairNow(): void {
    if (!this.events.live() || this.pending === null) return;
    const repair = this.pending;
    this.pending = null;
    if (repair === "rebuild") this.build();
    void this.offer(repair === "restart");
  }

  private build(): void {
    this.peer?.close();
    const peer = new Peer(this.iceServers, {
      connection: (state) => {
        this.due(this.restart.changed(state, performance.now()));
        this.events.changed();
      },
    });
    this.peer = peer;
    this.events.replaced(peer);
  }

  private async offer(iceRestart: boolean): Promise<void> {
    const { peer } = this;
    if (peer === null) return;
    const id = this.offers;
    this.offers += 1;
    this.restart.began(performance.now());
    const sdp = await peer.offer(id, iceRestart);
    if (this.peer === peer) this.events.send({ type: "offer", id, sdp });
  }
}
