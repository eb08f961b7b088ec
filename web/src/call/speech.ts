// Whether somebody talks into a muted microphone. Pure.

const LOUD = 0.45;
/** Loud time that makes speech: a cough or a slammed door is shorter. */
const ENOUGH = 600;
const FORGET_PER_QUIET = 0.5;
const LONGEST_STEP = 200;
const AGAIN_AFTER = 30_000;
const SILENCE = 4_000;

export class MutedSpeech {
  private loudFor = 0;
  private before: number | null = null;
  private toldAt = Number.NEGATIVE_INFINITY;
  private loudAt = Number.NEGATIVE_INFINITY;

  /** The level (0–1) of a microphone that is muted; true when the person should be told. */
  hear(level: number, now: number): boolean {
    const step = Math.min(LONGEST_STEP, now - (this.before ?? now));
    this.before = now;
    if (level >= LOUD) this.loudAt = now;
    const change = level >= LOUD ? step : -step * FORGET_PER_QUIET;
    this.loudFor = Math.max(0, this.loudFor + change);
    if (this.loudFor < ENOUGH || now - this.toldAt < AGAIN_AFTER) return false;
    this.toldAt = now;
    this.loudFor = 0;
    return true;
  }

  /** Nobody has talked for a while: what was told needs not be read any more. */
  silent(now: number): boolean {
    return now - this.loudAt >= SILENCE;
  }

  unmuted(): void {
    this.loudFor = 0;
    this.before = null;
  }
}
