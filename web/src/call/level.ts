// Holds pictures back for their sound and for repairs: the adapter between the browser's counters,
// `lips` and `holding`.
import { Holding, type Losses } from "./holding";
import { type Flow, Lips } from "./lips";
import type { Peer } from "./peer";
import { type Entry, roundTripOf } from "./stats";

export class Level {
  private readonly lips = new Lips();
  private readonly holding = new Holding();

  /** `sources`: what is in each slot with a picture. */
  constructor(private readonly sources: () => readonly (number | null)[]) {}

  sampled(peer: Peer, entries: readonly Entry[]): void {
    const flows = new Map<unknown, Entry>();
    for (const entry of entries) {
      if (entry.type === "inbound-rtp") flows.set(entry.trackIdentifier, entry);
    }
    const sources = this.sources();
    const flow = (receiver: RTCRtpReceiver, source: number | null): Flow => {
      const entry: Partial<Entry> = flows.get(receiver.track.id) ?? {};
      return { source, delay: delayOf(entry), emitted: number(entry.jitterBufferEmittedCount) };
    };
    const sounds = peer.audio.map((receiver) => flow(receiver, newestIn(receiver)));
    const pictures = peer.video.map((receiver, slot) => flow(receiver, sources[slot] ?? null));
    const least = this.holding.add(lossesOf(entries), roundTripOf(entries));
    this.lips.add(sounds, pictures, performance.now()).forEach((level, slot) => {
      const receiver = peer.video[slot];
      if (receiver === undefined || !("jitterBufferTarget" in receiver)) return;
      const target = least === null ? level : Math.max(least, level ?? 0);
      if (receiver.jitterBufferTarget !== target) receiver.jitterBufferTarget = target;
    });
  }
}

/**
 * The target counts from the packet that was quickest. What was really held, the only figure of some
 * browsers, is less by how late the packets came, and so tells only a part of it under jitter.
 */
function delayOf(entry: Partial<Entry>): number {
  return number(entry.jitterBufferTargetDelay ?? entry.jitterBufferDelay);
}

function lossesOf(entries: readonly Entry[]): Losses {
  const pictures = entries.filter(({ type, kind }) => type === "inbound-rtp" && kind === "video");
  const total = (name: string) => pictures.reduce((sum, entry) => sum + number(entry[name]), 0);
  return {
    asked: total("nackCount"),
    lost: total("packetsLost"),
    received: total("packetsReceived"),
  };
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function newestIn(receiver: RTCRtpReceiver): number | null {
  const sightings = receiver.getContributingSources();
  const newest = sightings.reduce<RTCRtpContributingSource | null>(
    (best, one) => (best === null || one.timestamp > best.timestamp ? one : best),
    null,
  );
  return newest?.source ?? null;
}
