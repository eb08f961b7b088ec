// The way of the media: builds the peer connection, offers it, and repairs it.
import type { ClientMessage, Welcome } from "../wire/messages";
import { Peer } from "./peer";
import { type Repair, Restart, type Silence } from "./restart";
import type { Failure } from "./state";

/** When a media server was replaced, its clients come back within so many ms each, not at once. */
const STAMPEDE = 5;
const LONGEST_STAMPEDE = 1_500;
const LOST: readonly string[] = ["media_lost", "session_lost"];

export interface PathEvents {
  /** Whether there is a socket to send offers on. */
  live(): boolean;
  send(message: ClientMessage): void;
  /** How many people are in the call. */
  crowd(): number;
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
  /** The number of the first offer of this very connection. */
  private first = 0;
  private lateRebuild: ReturnType<typeof setTimeout> | null = null;
  private pending: Repair | null = null;

  constructor(private readonly events: PathEvents) {}

  /** The server answers offers, yet no media gets through: UDP is probably blocked. */
  get blocked(): boolean {
    return this.restart.vain;
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
    const { peer } = this;
    try {
      const taken = await peer?.answer(id, sdp);
      if (taken !== true || peer === null || peer !== this.peer) return;
      this.restart.answered(peer.connection.connectionState, performance.now());
    } catch (reason) {
      // Without a way the deadline brings a new connection; at once, it could become a storm.
      console.error("The answer does not fit:", reason);
    }
  }

  /** The server refused an offer of ours; false when the id is of none. */
  refused(id: number, failure: Failure): boolean {
    if (id < 0 || id >= this.offers) return false;
    // Of a connection that was given up since.
    if (id < this.first) return true;
    const newest = id === this.offers - 1;
    if (LOST.includes(failure.code)) {
      // What is lost is lost for later offers of the same connection, too.
      this.lostThere();
    } else if (newest && failure.code === "stale_offer") {
      // Another page used this seat before: go on from its numbers.
      const { last } = failure.details;
      this.offers = (typeof last === "number" ? last : id) + 1;
      this.due("rebuild");
    } else if (newest && failure.code === "sdp_changed") {
      this.due("rebuild");
    } else if (newest) {
      console.error("The offer was refused:", failure.code, failure.message);
      this.restart.refused(performance.now());
      this.events.changed();
    }
    return true;
  }

  /** What the browser's counters say of what should arrive. */
  missing(silence: Silence): void {
    if (this.peer === null) return;
    const state = this.peer.connection.connectionState;
    this.due(this.restart.missing(silence, state, performance.now()));
  }

  networkChanged(): void {
    this.due(this.restart.networkChanged());
  }

  beat(now: number): void {
    if (this.peer === null) return;
    this.due(this.restart.tick(this.peer.connection.connectionState, now));
  }

  close(): void {
    this.forgetLateRebuild();
    this.peer?.close();
    this.peer = null;
  }

  /** The server no longer has the connection: a new one, but not everybody's at once. */
  private lostThere(): void {
    this.restart.gone(performance.now());
    this.lateRebuild ??= setTimeout(
      () => {
        this.lateRebuild = null;
        this.due("rebuild");
      },
      Math.random() * Math.min(LONGEST_STAMPEDE, STAMPEDE * this.events.crowd()),
    );
  }

  private forgetLateRebuild(): void {
    if (this.lateRebuild !== null) clearTimeout(this.lateRebuild);
    this.lateRebuild = null;
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
    this.forgetLateRebuild();
    this.first = this.offers;
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
