// When weak-internet mode is offered, and when to leave it. Pure. Both only as offers: it is the
// person who decides, and who has declined is left alone for a while.
import type { Quality } from "./state";

/** A connection that is bad for so long is offered the mode. */
const BAD_FOR = 15_000;
/** Bad times with a better moment between them that is shorter are one. */
const BREATH = 4_000;
/** An offer that nobody has answered goes when the connection was not bad for so long. */
const STALE = 20_000;
/** A connection that is good for so long, in the mode, is offered to leave it. */
const RECOVERED = 60_000;
/** The same where it was never bad meanwhile: the mode was chosen, so there may be another reason. */
const NEVER_BAD = 300_000;
/** A line that was bad again so soon after leaving the mode has to be good twice as long next time. */
const RELAPSE = 180_000;
const LONGEST = 16 * 60_000;
/** Who has declined is not asked the same again within this time; after each time for twice as long. */
const LEFT_ALONE = 600_000;

export type Offer = "weak_offer" | "weak_over";

export interface Moment {
  readonly now: number;
  readonly quality: Quality;
  /** There is no connection now: that is told otherwise, and says nothing of a weak one. */
  readonly cut: boolean;
  readonly weakInternet: boolean;
  /** It is the way up alone, and of the camera what it does not bear is not sent already: the mode would only take the others' pictures. */
  readonly upAlone?: boolean;
}

export class Offers {
  private mode = false;
  private badSince: number | null = null;
  private lastBad = Number.NEGATIVE_INFINITY;
  private goodSince: number | null = null;
  private wasBad = false;
  private leftAt = Number.NEGATIVE_INFINITY;
  private recovery = RECOVERED;
  private standing: Offer | null = null;
  private readonly quietUntil = new Map<Offer, number>();
  private readonly declines = new Map<Offer, number>();

  /** Which offer stands now. */
  at(moment: Moment): Offer | null {
    if (moment.weakInternet !== this.mode) this.switched(moment);
    this.watch(moment);
    if (moment.cut) return null;
    this.standing = moment.weakInternet ? this.over(moment.now) : this.weak(moment.now);
    return this.standing;
  }

  declined(offer: Offer, now: number): void {
    const times = this.declines.get(offer) ?? 0;
    this.declines.set(offer, times + 1);
    this.quietUntil.set(offer, now + LEFT_ALONE * 2 ** times);
  }

  private switched({ now, weakInternet }: Moment): void {
    this.mode = weakInternet;
    this.standing = null;
    this.goodSince = null;
    if (!weakInternet) {
      this.leftAt = now;
      this.badSince = null;
    } else {
      // What was seen before the press is why it was pressed.
      this.wasBad = now - this.lastBad < STALE;
      if (now - this.leftAt < RELAPSE && this.wasBad)
        this.recovery = Math.min(LONGEST, this.recovery * 2);
    }
  }

  private watch({ now, quality, cut, upAlone }: Moment): void {
    const bad = (quality === "poor" && upAlone !== true) || quality === "lost";
    if (cut) {
      this.badSince = this.goodSince = null;
    } else if (bad) {
      this.badSince ??= now;
      this.lastBad = now;
      this.wasBad = true;
      this.goodSince = null;
    } else {
      if (now - this.lastBad >= BREATH) this.badSince = null;
      if (quality === "good") this.goodSince ??= now;
      else this.goodSince = null;
    }
  }

  private weak(now: number): Offer | null {
    if (this.quiet("weak_offer", now)) return null;
    if (this.standing !== null && now - this.lastBad < STALE) return this.standing;
    return this.badSince !== null && now - this.badSince >= BAD_FOR ? "weak_offer" : null;
  }

  private over(now: number): Offer | null {
    if (this.quiet("weak_over", now)) return null;
    const long = this.wasBad ? this.recovery : NEVER_BAD;
    return this.goodSince !== null && now - this.goodSince >= long ? "weak_over" : null;
  }

  private quiet(offer: Offer, now: number): boolean {
    return now < (this.quietUntil.get(offer) ?? Number.NEGATIVE_INFINITY);
  }
}
