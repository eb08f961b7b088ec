// Whether what should arrive does arrive, from samples of the browser's counters. Pure.
import type { Sample } from "./quality";
import type { Silence } from "./restart";

/** What was lost in an interruption is reported late: receivers notice a gap only at its end. */
const SETTLES = 4_000;

export interface Awaiting extends Sample {
  /** A camera is to be seen whose owner is there: packets must come. */
  readonly expecting: boolean;
}

/** As the counters say it, before it is known whether they can be judged. */
export type Counted = Omit<Awaiting, "unsettled" | "receiveShare">;

/** The media server says something every half second, if only that there is nothing to say. */
export class Hearing {
  private previous: Counted | null = null;
  private transport: number | null = null;
  private pictures: number | null = null;

  private settlesAt = Number.NEGATIVE_INFINITY;

  add(sample: Counted): Silence {
    const { previous } = this;
    if (previous === null) this.settlesAt = sample.now + SETTLES;
    this.previous = sample;
    if (previous === null || sample.packetsSent < previous.packetsSent) {
      this.transport = this.pictures = null;
    } else {
      this.transport = this.transportSince(previous, sample);
      this.pictures = this.picturesSince(previous, sample);
    }
    if (this.transport !== null || !sample.connected) this.settlesAt = sample.now + SETTLES;
    return { transport: this.transport, pictures: this.pictures };
  }

  /** Whether the line was interrupted, or new, a moment ago. */
  unsettled(now: number): boolean {
    return now < this.settlesAt;
  }

  private transportSince(previous: Counted, sample: Counted): number | null {
    const came = sample.heard !== previous.heard || sample.bytesReceived !== previous.bytesReceived;
    if (came) return null;
    // Where the browser counts media alone, a line over which nobody is shown may be silent.
    const must = sample.heard !== null ? sample.connected : sample.expecting;
    if (must) return this.transport ?? previous.now;
    // Without a path nothing comes: that ends no silence.
    return sample.connected ? null : this.transport;
  }

  private picturesSince(previous: Counted, sample: Counted): number | null {
    if (sample.picturesReceived !== previous.picturesReceived || !sample.expecting) return null;
    return this.pictures ?? previous.now;
  }
}
