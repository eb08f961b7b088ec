// Reads the browser's counters every two seconds.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Peer } from "./peer";
import { QualityMeter } from "./quality";
import type { ConnectionDetails, Quality } from "./state";
import { sample } from "./stats";

const EVERY_MS = 2000;

export class Monitor {
  private readonly judged = signal<Quality>("good");
  private readonly described = signal<ConnectionDetails | null>(null);
  private readonly meter = new QualityMeter();
  private readonly timer: ReturnType<typeof setInterval>;

  constructor(private readonly peer: () => Peer | null) {
    this.timer = setInterval(() => void this.read(), EVERY_MS);
  }

  get quality(): ReadonlySignal<Quality> {
    return this.judged;
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
    const verdict = this.meter.add(sample(entries, peer.ceilings(), connected, performance.now()));
    this.judged.value = verdict.quality;
    this.described.value = verdict.details;
  }
}
