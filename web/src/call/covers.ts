// When a slot's picture may be shown. Pure. The packets name their source (CSRC = participant × 4 +
// kind); until the newest name in a slot is that of the person announced there, the tile is covered:
// the last frame of the previous person must never show under a new name.
import type { Kind } from "./state";

const KINDS: readonly Kind[] = ["microphone", "camera", "screen", "screen_audio"];
/** By then the server has acted on an earlier view. */
const SETTLED = 1000;

export function sourceOf(participant: number, kind: Kind): number {
  return participant * 4 + KINDS.indexOf(kind);
}

/** A camera that has not moved for so long is not live; a page that is shared may well stand still. */
const STILL = 2_500;

/** One entry of `getContributingSources()`; the time is on a clock of the browser's choosing. */
export interface Sighting {
  readonly source: number;
  readonly timestamp: number;
}

export class Cover {
  private wanted: number | null = null;
  /** What the slot was to show before, and until when that may still be on its way. */
  private readonly replaced = new Map<number, number>();
  private newest: Sighting | null = null;
  private movedAt = Number.NEGATIVE_INFINITY;
  private certainFrom = Number.NEGATIVE_INFINITY;
  private doubtUntil = Number.NEGATIVE_INFINITY;
  open = false;

  /** `source` is what the slot is to show from now on; null: nothing. */
  expect(source: number | null, now: number): void {
    if (this.wanted !== null) this.replaced.set(this.wanted, now + SETTLED);
    for (const [before, until] of this.replaced) if (until <= now) this.replaced.delete(before);
    // Back to a source within a moment: its packets may still be those from before the change, and
    // those of the source in between still to come.
    const doubtful = source !== null && this.replaced.has(source);
    this.doubtUntil = doubtful ? now + SETTLED : Number.NEGATIVE_INFINITY;
    this.wanted = source;
    this.close();
  }

  /** The picture is of no use now (the camera is off): wait for a newer one. */
  close(): void {
    this.open = false;
    this.certainFrom = this.newest?.timestamp ?? Number.NEGATIVE_INFINITY;
  }

  /** The peer connection was replaced: what was seen on the old one means nothing. */
  reset(): void {
    this.newest = null;
    this.replaced.clear();
    this.doubtUntil = Number.NEGATIVE_INFINITY;
    this.close();
  }

  /** Nothing has come for a while. */
  still(now: number): boolean {
    return now - this.movedAt >= STILL;
  }

  /** Takes what the receiver reports; true when `open` changed. */
  see(sightings: readonly Sighting[], now: number): boolean {
    const before = this.open;
    for (const sighting of sightings) {
      if (this.newest === null || sighting.timestamp > this.newest.timestamp) {
        this.newest = sighting;
        this.movedAt = now;
      }
    }
    if (this.newest === null || this.newest.source !== this.wanted) this.open = false;
    else if (this.newest.timestamp > this.certainFrom && now >= this.doubtUntil) this.open = true;
    return this.open !== before;
  }
}
