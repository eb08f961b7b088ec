// In weak-internet mode: two voices and a picture are more than the narrowest lines bear, so the
// teacher's picture gives way while two talk. Pure.

const TALK = 2;
/** One begins while the other ends his sentence: that is no talk of two yet (ms). */
const AFTER = 1_000;
/** A picture that comes back costs as much as seconds of it; who talk pause for breath (ms). */
const UNTIL = 4_000;

export class GivingWay {
  private two = false;
  private changedAt = Number.NEGATIVE_INFINITY;
  private gives = false;

  /** To be told again and again how many are heard, oneself included. */
  hear(talkers: number, now: number): boolean {
    const two = talkers >= TALK;
    if (two !== this.two) {
      this.two = two;
      this.changedAt = now;
    }
    if (now - this.changedAt >= (two ? AFTER : UNTIL)) this.gives = two;
    return this.gives;
  }
}
