// Reads the browser's counters every second.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Line } from "../wire/messages";
import { Fluency } from "./fluency";
import { Guess } from "./guess";
import type { Peer } from "./peer";
import { QualityMeter, sendShare } from "./quality";
import type { Silence } from "./restart";
import { Hearing } from "./silence";
import type { Slots } from "./slots";
import type { ConnectionDetails, Quality } from "./state";
import { type Entry, encodedOf, largestOf, sample, soundLossOf } from "./stats";
import { receiveShare, TileMeter } from "./tiles";
import { Uplink } from "./uplink";
import { Weakness } from "./weak";

const EVERY_MS = 1000;
/** Rates and loss are taken over longer: every so many samples. */
const JUDGED = 2;

export interface MonitorEvents {
  /** Packets must come, since somebody's camera is to be seen. */
  expecting(): boolean;
  /** One's own camera is on, and more of it is wanted than the line bears. */
  limited(): boolean;
  /** The line bears nothing of it. */
  rests(): boolean;
  /** In weak-internet mode: of pictures little is asked for. */
  sparing(): boolean;
  /** What is missing now; with every sample. */
  missing(silence: Silence): void;
  /** What is asked for, by slot. */
  slots(): Slots;
  /** How the server finds the line to here, as far as it has said. */
  line(): Line | undefined;
  /** What the browser thinks that it can send has changed notably: bits per second. */
  uplink(estimate: number): void;
  /** Every sample that is judged, for what else follows from it. */
  sampled(peer: Peer, entries: readonly Entry[]): void;
}

export class Monitor {
  private readonly judged = signal<Quality>("good");
  private readonly described = signal<ConnectionDetails | null>(null);
  private readonly meter = new QualityMeter();
  private readonly tiles = new TileMeter();
  private readonly weakness = new Weakness();
  private readonly warned = signal(false);
  private readonly timer: ReturnType<typeof setInterval>;

  private uplink = new Uplink();
  private fluency = new Fluency();
  private guess = new Guess();
  private hearing = new Hearing();
  private turns = 0;

  constructor(
    private readonly peer: () => Peer | null,
    private readonly events: MonitorEvents,
  ) {
    this.timer = setInterval(() => void this.read(), EVERY_MS);
  }

  get quality(): ReadonlySignal<Quality> {
    return this.judged;
  }

  /** Another connection counts from the beginning. */
  replaced(): void {
    this.hearing = new Hearing();
    this.uplink = new Uplink();
    this.fluency = new Fluency();
    this.guess = new Guess();
  }

  /** The server may know nothing of what it was told. */
  forgotten(): void {
    this.uplink.forget();
  }

  /** The connection cannot carry the call as it is. */
  get weak(): ReadonlySignal<boolean> {
    return this.warned;
  }

  get details(): ReadonlySignal<ConnectionDetails | null> {
    return this.described;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async read(): Promise<void> {
    const peer = this.peer();
    if (peer === null || !peer.answered) return;
    const report = await peer.connection.getStats();
    if (peer !== this.peer()) return;
    const entries = [...report.values()];
    const counted = this.count(peer, entries);
    this.events.missing(this.hearing.add(counted));
    this.turns += 1;
    if (this.turns % JUDGED === 0) this.judge(peer, entries, counted);
  }

  /** And tells what the line upward bears, for what is asked for soon may be less, or more. */
  private count(peer: Peer, entries: readonly Entry[]) {
    const at = performance.now();
    const connected = peer.connection.connectionState === "connected";
    const ceilings = peer.ceilings();
    const soundLost = soundLossOf(entries);
    const encoded = encodedOf(entries, ceilings);
    const guessed = this.guess.add(at, encoded, soundLost, this.fluency.shrunk);
    const rate = (name: string) => this.guess.now(name);
    const smaller = this.fluency.add(at, largestOf(entries, ceilings, rate));
    void peer.shrink(smaller);
    const counted = sample(entries, ceilings, connected, at, smaller);
    const { sendLine } = counted;
    const usable = [...ceilings.values()].reduce((sum, each) => sum + each, 0);
    const { tell, probe } = this.uplink.add(at, sendLine ?? guessed, usable, soundLost);
    if (tell !== null) this.events.uplink(tell);
    // Who does not say finds no more for being allowed more.
    if (probe && sendLine !== null) void peer.probe();
    return { ...counted, expecting: this.events.expecting() };
  }

  private judge(
    peer: Peer,
    entries: readonly Entry[],
    counted: ReturnType<Monitor["count"]>,
  ): void {
    const line = this.events.line();
    const flows = inboundOf(entries);
    const inbound = (slot: number) => flows.get(peer.video[slot]?.track.id);
    const tiles = this.tiles.add(counted.now, this.events.slots(), inbound, line);
    const now = {
      ...counted,
      share: this.events.rests() ? 0 : sendShare(counted, this.events.limited()),
      receiveShare: receiveShare(tiles),
      unsettled: this.hearing.unsettled(counted.now),
    };
    const verdict = this.meter.add(now);
    // Few packets may come where few frames are asked for.
    const expecting = now.expecting && !this.events.sparing();
    this.warned.value = this.weakness.add({ ...now, expecting });
    this.judged.value = verdict.quality;
    const borne = line?.estimate ?? 0;
    const receiveLineKbps = borne > 0 ? Math.round(borne / 1000) : null;
    this.described.value = { ...verdict.details, receiveLineKbps, tiles };
    this.events.sampled(peer, entries);
  }
}

/** The counters of what is received, by the id of its track. */
function inboundOf(entries: readonly Entry[]): ReadonlyMap<unknown, Entry> {
  return new Map(
    entries.flatMap((entry) =>
      entry.type === "inbound-rtp" ? [[entry.trackIdentifier, entry] as const] : [],
    ),
  );
}
