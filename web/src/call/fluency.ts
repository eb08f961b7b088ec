// Whether the camera is sent in smaller pictures, because what the line bears of it is too little for all
// of the larger ones. Pure.

/** What has been counted of the largest layer that is sent. */
export interface Sent {
  readonly rid: string;
  /** Pictures so far: sent, and taken by the camera. */
  readonly encoded: number;
  readonly taken: number;
  /** Bits per second: what the browser gives this layer, and what it may give. */
  readonly given: number;
  readonly most: number;
}

/** Pixels of a layer as a part of the largest one's. */
const AREAS: Readonly<Record<string, number>> = { q: 1 / 16, h: 1 / 4, f: 1 };
/** Samples, one a second, over which pictures and bits are counted. */
const SAMPLES = 4;
/** As many tell of the layer that was sent before. */
const FEW = 2;
/** Fewer of the pictures than this part are not fluent. */
const FLUENT = 0.9;
/** Of the pictures as good as none. */
const NONE = 1 / 16;
/** Of its bits a layer that has this part has enough: what is missing then, the line has not cost. */
const ENOUGH = 0.9;
/** So much more than was too little is worth another size, which costs a keyframe. */
const MARGIN = 1.1;
/** Milliseconds that a size lasts at least, for an estimate sways. */
const LASTS = 10_000;
/** What is seen becomes simpler, too, which nothing tells: milliseconds until it is tried, twice as long each time in vain. */
const FIRST_TRY = 60_000;
const LONGEST = 480_000;

/** Of one connection. */
export class Fluency {
  private rows: Sent[] = [];
  private small = false;
  private since = 0;
  /** Bits per second that all pictures of the largest layer would take at its full size. */
  private needed = 0;
  private wait = FIRST_TRY;

  get shrunk(): boolean {
    return this.small;
  }

  /** Whether pictures are to be smaller. `sent`: null if nothing is that could be. */
  add(now: number, sent: Sent | null): boolean {
    const area = sent === null ? undefined : AREAS[sent.rid];
    if (sent === null || area === undefined) {
      this.rows = [];
      return this.small;
    }
    const [last] = this.rows;
    if (last !== undefined && last.rid !== sent.rid) this.follow(now, sent, area);
    this.rows = [sent, ...this.rows].slice(0, SAMPLES + 1);
    if (this.rows.length > SAMPLES) this.judge(now, sent, area);
    return this.small;
  }

  private judge(now: number, sent: Sent, area: number): void {
    const { given, share } = this.counted();
    const enough = given >= ENOUGH * sent.most;
    if (this.small) {
      const lasted = now - this.since;
      const fits = enough || given >= MARGIN * this.needed * area;
      if (lasted >= LASTS && (fits || lasted >= this.wait)) this.become(false, now);
    } else if (share < FLUENT && !enough) {
      this.needed = given / area / Math.max(share, NONE);
      // What did not last was tried in vain.
      const vain = this.since > 0 && now - this.since < FIRST_TRY;
      this.wait = vain ? Math.min(LONGEST, this.wait * 2) : FIRST_TRY;
      this.become(true, now);
    }
  }

  /** Another layer is sent: a smaller one need not show once more what the larger one has. */
  private follow(now: number, sent: Sent, area: number): void {
    const [last] = this.rows;
    const before = AREAS[last?.rid ?? ""] ?? 0;
    if (last !== undefined && !this.small && this.rows.length > FEW && area < before) {
      const { given, share } = this.counted();
      const needed = given / before / Math.max(share, NONE);
      const short = share < FLUENT && given < ENOUGH * last.most;
      if (short && sent.given < needed * area) {
        this.needed = needed;
        this.become(true, now);
      }
    }
    this.rows = [];
  }

  /** Bits per second, and the part of the pictures that were sent, of one layer. */
  private counted(): { given: number; share: number } {
    const counted = this.rows.slice(0, -1);
    const [last] = this.rows;
    const first = this.rows.at(-1);
    if (last === undefined || first === undefined) return { given: 0, share: 1 };
    const given = counted.reduce((sum, row) => sum + row.given, 0) / Math.max(1, counted.length);
    return { given, share: (last.encoded - first.encoded) / Math.max(1, last.taken - first.taken) };
  }

  private become(small: boolean, now: number): void {
    this.small = small;
    this.since = now;
    this.rows = [];
  }
}
