// Whether one's own connection cannot carry the call as it is: worth a warning, not only a mark. Pure.
import type { Awaiting } from "./silence";

/** What is seen over this time counts; older samples are forgotten. */
const LASTING = 5_000;
const WINDOW = 7_000;
const LOSS = 0.3;
/** Fewer packets say nothing about loss. */
const PACKETS = 50;
const PACKETS_PER_SECOND = 10;
const RTT_MS = 1_500;
/** The warning stays until this long after the last reason, so that it does not flicker. */
const CALM = 10_000;

export class Weakness {
  private samples: Awaiting[] = [];
  private weakAt = Number.NEGATIVE_INFINITY;

  /** True while the person should be warned. */
  add(sample: Awaiting): boolean {
    const previous = this.samples.at(-1);
    const anew = previous !== undefined && sample.packetsReceived < previous.packetsReceived;
    if (sample.unsettled || anew) this.samples = [];
    this.samples = this.samples.filter((old) => sample.now - old.now <= WINDOW);
    if (!sample.unsettled) this.samples.push(sample);
    if (this.weak()) this.weakAt = sample.now;
    return sample.now - this.weakAt < CALM;
  }

  private weak(): boolean {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined || last.now - first.now < LASTING) return false;
    const received = last.packetsReceived - first.packetsReceived;
    const lost = Math.max(0, last.packetsLost - first.packetsLost);
    const all = lost + received;
    const starved =
      (received * 1000) / (last.now - first.now) < PACKETS_PER_SECOND &&
      this.samples.every(({ expecting }) => expecting);
    return (
      (all >= PACKETS && lost / all >= LOSS) ||
      this.samples.every(({ sendLoss }) => sendLoss !== null && sendLoss >= LOSS) ||
      this.samples.every(({ rttMs }) => rttMs !== null && rttMs > RTT_MS) ||
      starved
    );
  }
}
