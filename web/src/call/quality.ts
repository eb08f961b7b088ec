// How good one's own connection is, from samples of the browser's counters. Pure.
import type { ConnectionDetails, Quality } from "./state";

/** Sums over the peer connection; counters only grow (within one connection). */
export interface Sample {
  readonly now: number;
  readonly connected: boolean;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  /** All bytes that came but checks, feedback included; null where the browser hides them. */
  readonly heard: number | null;
  readonly packetsReceived: number;
  /** Of pictures alone. */
  readonly picturesReceived: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  /** Worst share of one's own packets that the server reports lost, 0–1; null without reports. */
  readonly sendLoss: number | null;
  readonly jitterMs: number | null;
  readonly rttMs: number | null;
  /** What the sent pictures get of the bit rate they may have, 0–1; null while bandwidth is no limit. */
  readonly share: number | null;
  /** The same of what is received, by the server's word. */
  readonly receiveShare: number | null;
  /** Bits per second that the browser thinks it can send; null: it does not say. */
  readonly sendLine: number | null;
  readonly sendHeight: number | null;
  readonly candidate: string;
  /** In or right after an interruption: what was lost in it says nothing of the line as it is. */
  readonly unsettled: boolean;
}

const STEPS: readonly Quality[] = ["lost", "poor", "medium", "good"];
/** Loss is taken over this time, so that one lost packet in a quiet moment is no bad connection. */
const WINDOW = 6_000;
const SILENCE = 3_000;
/** Samples in a row that must be short of bandwidth. */
const LASTING = 3;

/** Bits per second of the largest picture. */
const LARGEST = 1_800_000;

interface Losses {
  readonly incoming: number;
  readonly outgoing: number;
}

export interface Verdict {
  readonly quality: Quality;
  readonly details: Omit<ConnectionDetails, "tiles" | "receiveLineKbps">;
}

/**
 * What the sent pictures get: less may be asked for than others want to see, because the line bears no
 * more (`limited`); then it is taken of what the largest would have.
 */
export function sendShare(
  { share, sendLine }: Pick<Sample, "share" | "sendLine">,
  limited: boolean,
): number | null {
  return limited && sendLine !== null ? Math.min(share ?? 1, sendLine / LARGEST) : share;
}

export class QualityMeter {
  private samples: Sample[] = [];
  private last: Sample | undefined;
  private unansweredSince: number | null = null;

  add(sample: Sample): Verdict {
    const previous = this.last;
    this.last = sample;
    const anew = previous !== undefined && sample.bytesReceived < previous.bytesReceived;
    if (anew || sample.unsettled) this.samples = [];
    this.watchSilence(previous, sample);
    if (!sample.unsettled) this.samples.push(sample);
    this.samples = this.samples.filter((old) => sample.now - old.now <= WINDOW);
    const loss = this.losses();
    return { quality: this.judge(sample, loss), details: this.describe(sample, previous, loss) };
  }

  private watchSilence(previous: Sample | undefined, sample: Sample): void {
    const silent =
      !sample.connected ||
      (previous !== undefined &&
        sample.heard !== null &&
        sample.bytesSent > previous.bytesSent &&
        sample.heard === previous.heard);
    if (!silent) this.unansweredSince = null;
    else this.unansweredSince ??= previous?.now ?? sample.now;
  }

  /** Share of lost packets over the window in either direction. */
  private losses(): Losses {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (first === undefined || last === undefined) return { incoming: 0, outgoing: 0 };
    const lost = Math.max(0, last.packetsLost - first.packetsLost);
    const received = Math.max(0, last.packetsReceived - first.packetsReceived);
    const incoming = lost + received > 0 ? lost / (lost + received) : 0;
    const reports = this.samples.flatMap((sample) => sample.sendLoss ?? []);
    const outgoing =
      reports.length > 0 ? reports.reduce((sum, each) => sum + each, 0) / reports.length : 0;
    return { incoming, outgoing };
  }

  /** The best share lately: an estimate that is still rising after a start is no fault. */
  private share(pick: (from: Sample) => number | null): number | null {
    const shares = this.samples.slice(-LASTING).flatMap((sample) => pick(sample) ?? []);
    return shares.length === LASTING ? Math.max(...shares) : null;
  }

  private judge(sample: Sample, { incoming, outgoing }: Losses): Quality {
    if (this.unansweredSince !== null && sample.now - this.unansweredSince >= SILENCE) {
      return "lost";
    }
    const loss = Math.max(incoming, outgoing);
    const shares = [this.share((one) => one.share), this.share((one) => one.receiveShare)];
    const share = Math.min(...shares.map((one) => one ?? 1));
    const byLoss = loss < 0.06 ? 3 : loss < 0.08 ? 2 : 1;
    const byShare = share >= 0.5 ? 3 : share >= 0.3 ? 2 : 1;
    return STEPS[Math.min(byLoss, byShare)] ?? "poor";
  }

  private describe(
    sample: Sample,
    previous: Sample | undefined,
    { incoming, outgoing }: Losses,
  ): Verdict["details"] {
    const rate = (pick: (from: Sample) => number): number => {
      if (previous === undefined || sample.now <= previous.now) return 0;
      const bits = (pick(sample) - pick(previous)) * 8;
      return Math.max(0, Math.round(bits / (sample.now - previous.now)));
    };
    const receives = sample.packetsReceived > 0;
    const sends = sample.sendLoss !== null;
    return {
      rttMs: sample.rttMs,
      lossPercent: receives || sends ? percent(Math.max(incoming, outgoing)) : null,
      sendLossPercent: sends ? percent(outgoing) : null,
      receiveLossPercent: receives ? percent(incoming) : null,
      sendShare: this.share((one) => one.share),
      receiveShare: this.share((one) => one.receiveShare),
      // Who sends no picture has tried nothing: then it is what the browser begins with.
      sendLineKbps:
        sample.sendLine === null || sample.sendHeight === null
          ? null
          : Math.round(sample.sendLine / 1000),
      jitterMs: sample.jitterMs,
      sendKbps: rate((from) => from.bytesSent),
      receiveKbps: rate((from) => from.bytesReceived),
      sendHeight: sample.sendHeight,
      candidate: sample.candidate,
    };
  }
}

function percent(share: number): number {
  return Math.round(share * 1000) / 10;
}
