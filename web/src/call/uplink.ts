// What the browser thinks it can send of pictures: told to the server, which asks for such layers as
// fit, and helped up again. Pure.

/** Part by which it must have changed to be worth telling. */
const NOTABLY = 0.1;
/** More makes no difference: bits per second. */
const MOST = 5_000_000;
/** The first pictures of a connection are sent at a guess, until the browser has found out. */
const SETTLED = 5_000;
/** That all layers fit is believed sooner: nothing is risked by that. What is known may be used. */
const PLENTY = 2_000_000;
/** But not before pictures have been sent: beside sound alone, which is not counted, an estimate only rises. */
const TRIED = 2_000;
/**
 * Chromium probes for more only when more could be used than before; on its own it grows by 8 % a
 * second, a line that is good again is used after half a minute. Each probe is a burst, though, and
 * what it finds on a full line is a little less than there is.
 */
const PROBE_EVERY = 6_000;
/** Less than this more is what a probe is brought about by. */
const ANOTHER_LAYER = 50_000;
/** Part of what could be used from which on there is nothing to look for. */
const ENOUGH = 0.9;

/**
 * Below so many bits per second pictures are sent that the line does not bear, for the browser sends no
 * fewer: only sound that gets lost shows it. Where it does, half of the estimate is told.
 */
const SCARCE = 120_000;
/** Share of the sound that was lost, on average of so many samples. */
const COSTLY = 0.05;
const SAMPLES = 3;

export interface Uplinked {
  /** To be told to the server: bits per second; null: nothing new. */
  readonly tell: number | null;
  readonly probe: boolean;
}

/** Of one connection. */
export class Uplink {
  private told: number | null = null;
  private began: number | null = null;
  /** Pictures are sent again since then. */
  private resumed = 0;
  private probedAt = Number.NEGATIVE_INFINITY;
  private usable = 0;
  /** Of the sound beside pictures, latest first. */
  private losses: number[] = [];

  /** The server may know nothing any more. */
  forget(): void {
    this.told = null;
  }

  /**
   * `estimate`: bits per second, null where the browser does not say. `usable`: what the pictures
   * that are sent may use together, 0: there are none. `loss`: share of the sound.
   */
  add(now: number, estimate: number | null, usable: number, loss = 0): Uplinked {
    // The server tries whether more fits: that is not known before it is looked for.
    if (usable > this.usable + ANOTHER_LAYER) this.probedAt = Number.NEGATIVE_INFINITY;
    if (usable > 0 && this.usable === 0) this.resumed = now;
    this.usable = usable;
    if (usable > 0) this.began ??= now;
    if (estimate === null || this.began === null) return { tell: null, probe: false };
    this.losses = usable > 0 ? [loss, ...this.losses].slice(0, SAMPLES) : [];
    // Sound alone finds out nothing.
    const settled = now - this.began >= SETTLED || estimate >= PLENTY;
    const costly = this.costly(estimate);
    const known = costly || (settled && now - this.resumed >= TRIED);
    return {
      tell: usable > 0 && known ? this.news(costly ? estimate / 2 : estimate) : null,
      probe: usable > 0 && this.short(now, estimate, usable),
    };
  }

  private costly(estimate: number): boolean {
    const lost = this.losses.reduce((sum, each) => sum + each, 0);
    return estimate < SCARCE && this.losses.length === SAMPLES && lost >= COSTLY * SAMPLES;
  }

  private news(estimate: number): number | null {
    const now = Math.min(MOST, Math.round(estimate));
    if (this.told !== null && Math.abs(now - this.told) < NOTABLY * this.told) return null;
    this.told = now;
    return now;
  }

  private short(now: number, estimate: number, usable: number): boolean {
    if (estimate >= ENOUGH * usable || now - this.probedAt < PROBE_EVERY) return false;
    this.probedAt = now;
    return true;
  }
}
