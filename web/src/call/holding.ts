// How long pictures are held back where packets get lost, so that what is repaired comes in time. Pure.
// Chromium reckons with one repair. What is lost with its repair comes too late then, and of temporal
// layers it leaves out whatever is late as soon as something newer could be shown.

/** Packets that were missing for each that came: from where on it helps, and below which it is over. */
const BEGINS = 0.03;
const ENDS = 0.015;
/** What is new counts for so much: a few seconds of loss are no line that loses. */
const FADES = 0.35;
/** Fewer say nothing. */
const ENOUGH = 20;
/** Round trips in which three of a thousand packets are still missing at 10 % loss. */
const ROUNDS = 3;
/** How often a browser looks for what it misses, ms. */
const LOOKS = 20;
/** What the publisher lost himself: how far he is from the server is not known. */
const OTHERS_ROUND_TRIP = 100;
/** Sound does not wait for it, so not longer, ms. */
const MOST = 400;
/** A target that would move by less stays, ms. */
const STEP = 30;

/** Sums over all pictures that are received. */
export interface Losses {
  /**
   * Requests for repair (NACK), each of one packet or several: of what the publisher lost himself
   * they alone tell, and less than there was where it got lost in bursts.
   */
  readonly asked: number;
  /** Packets that did not come at first, on the way from the server. */
  readonly lost: number;
  readonly received: number;
}

/** Of one connection. */
export class Holding {
  private before: Losses | null = null;
  private missing = 0;
  private lost = 0;
  private held: number | null = null;

  /** `roundTrip`: ms, null: unknown. How long pictures should be held, ms; null: as the browser likes. */
  add(sums: Losses, roundTrip: number | null): number | null {
    const before = this.before ?? sums;
    const received = sums.received - before.received;
    // Counters of a new connection begin anew.
    if (this.before !== null && received >= 0 && received < ENOUGH) return this.held;
    this.before = sums;
    if (received < ENOUGH) return this.held;
    const lost = (sums.lost - before.lost) / received;
    const asked = (sums.asked - before.asked) / received;
    this.lost += (lost - this.lost) * FADES;
    this.missing += (Math.max(lost, asked) - this.missing) * FADES;
    if (this.missing < (this.held === null ? BEGINS : ENDS)) this.held = null;
    else this.held = this.near(this.wanted(roundTrip));
    return this.held;
  }

  private wanted(roundTrip: number | null): number {
    const own = roundTrip ?? OTHERS_ROUND_TRIP;
    const far = this.lost >= this.missing / 2 ? own : Math.max(own, OTHERS_ROUND_TRIP);
    return Math.min(MOST, Math.round(ROUNDS * (far + LOOKS)));
  }

  private near(wanted: number): number {
    return this.held !== null && Math.abs(wanted - this.held) < STEP ? this.held : wanted;
  }
}
