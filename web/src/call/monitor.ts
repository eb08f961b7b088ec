// Reads the browser's counters every two seconds.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Peer } from "./peer";
import { QualityMeter } from "./quality";
import type { ConnectionDetails, Quality } from "./state";
import { type Entry, sample } from "./stats";
import { Weakness } from "./weak";

const EVERY_MS = 2000;

export class Monitor {
  private readonly judged = signal<Quality>("good");
  private readonly described = signal<ConnectionDetails | null>(null);
  private readonly meter = new QualityMeter();
  private readonly weakness = new Weakness();
  private readonly warned = signal(false);
  private readonly timer: ReturnType<typeof setInterval>;

  /**
   * `expecting`: packets must come, since somebody's camera is to be seen. `sampled` gets every
   * sample, for what else follows from it.
   */
  constructor(
    private readonly peer: () => Peer | null,
    private readonly expecting: () => boolean,
    private readonly sampled: (peer: Peer, entries: readonly Entry[]) => void,
  ) {
    this.timer = setInterval(() => void this.read(), EVERY_MS);
  }

  get quality(): ReadonlySignal<Quality> {
    return this.judged;
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
    const connected = peer.connection.connectionState === "connected";
    const entries = [...report.values()];
    const now = sample(entries, peer.ceilings(), connected, performance.now());
    const verdict = this.meter.add(now);
    this.warned.value = this.weakness.add({ ...now, expecting: this.expecting() });
    this.judged.value = verdict.quality;
    this.described.value = verdict.details;
    this.sampled(peer, entries);
  }
}
