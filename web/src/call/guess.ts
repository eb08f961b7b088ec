// What the line bears of pictures, guessed from what is sent of them: for browsers that do not say
// (Firefox). Pure.

/** What has been counted of one encoding that is on. */
export interface Encoded {
  /** By sender and rid. */
  readonly name: string;
  /** So far: pictures that were sent, and that the camera gave; bytes without repetitions; the sum of the quantizers. */
  readonly encoded: number;
  readonly taken: number;
  readonly bytes: number;
  readonly quantizers: number;
  /** Share of its packets that the server reports lost, lately. */
  readonly lost: number;
  /** Bits per second that it may use. */
  readonly most: number;
}

interface Row {
  readonly at: number;
  readonly soundLost: number;
  readonly encodings: readonly Encoded[];
}

/** Samples, one a second, over which is counted. */
const SAMPLES = 5;
/** And the last of them, for a browser that sends something else finds out within seconds what fits. */
const LATEST = 2;
/** Of what it may use: an encoding of which this part arrives lacks nothing. */
const ENOUGH = 0.85;
/** Share of its packets that a line loses only when it is full; below some 150 kbit/s Firefox sends no less then. */
const FULL = 0.15;
/**
 * Quantizers of VP8 go from 0 to 127. An encoding that uses less than it may and yet quantizes so coarsely is
 * held back by the line; a still scene, or a slow computer, does so finely.
 */
const COARSE = 60;
/** It is not any more from here on. */
const FINE = 45;
/** So much may be used when all fits, for then more can be tried: of what may be used now. */
const ROOM = 1.5;

/** Of one connection. */
export class Guess {
  private rows: Row[] = [];
  private short = false;

  /**
   * Bits per second that the line bears of pictures; null: not known yet, or nothing is sent. `soundLost`: share of
   * the sound beside them. `shrunk`: pictures of the camera are smaller than they were, and fine for that.
   */
  add(
    at: number,
    encodings: readonly Encoded[],
    soundLost: number,
    shrunk: boolean,
  ): number | null {
    if (!this.continues(encodings)) this.rows = [];
    this.rows = [{ at, soundLost, encodings }, ...this.rows].slice(0, SAMPLES + 1);
    if (this.rows.length <= SAMPLES || encodings.length === 0) return null;
    const soundLacks = mean(this.rows.slice(0, SAMPLES).map((row) => row.soundLost));
    this.short = soundLacks >= FULL || encodings.some((_, place) => this.lacks(place, shrunk));
    const sum = (each: (place: number) => number) =>
      encodings.reduce((total, _, place) => total + each(place), 0);
    const sent = (samples: number) => sum((place) => this.rate(place, samples));
    // What sound lacks pictures have too much.
    return this.short
      ? Math.max(sent(SAMPLES), sent(LATEST)) * (1 - soundLacks)
      : ROOM * sum((place) => encodings[place]?.most ?? 0);
  }

  /** Bits per second of one encoding in the last second; null: not known yet. */
  now(name: string): number | null {
    const place = this.rows[0]?.encodings.findIndex((one) => one.name === name) ?? -1;
    return place < 0 || this.rows.length < 2 ? null : this.rate(place, 1);
  }

  /** The same encodings may use the same, so what was counted can be compared. */
  private continues(encodings: readonly Encoded[]): boolean {
    const before = this.rows[0]?.encodings ?? [];
    const same = (one: Encoded, place: number) =>
      before[place]?.name === one.name && before[place]?.most === one.most;
    return before.length === encodings.length && encodings.every(same);
  }

  private lacks(place: number, shrunk: boolean): boolean {
    const encoded = this.grown(place, SAMPLES, (one) => one.encoded);
    const { name, most } = this.rows[0]?.encodings[place] ?? { name: "", most: 0 };
    if (this.rate(place, SAMPLES) >= ENOUGH * most) return false;
    if (this.lost(place, SAMPLES) >= FULL) return true;
    if (shrunk && name.startsWith("camera")) return true;
    if (encoded === 0) return this.grown(place, SAMPLES, (one) => one.taken) > 0;
    const quantizer = this.grown(place, SAMPLES, (one) => one.quantizers) / encoded;
    return quantizer >= (this.short ? FINE : COARSE);
  }

  /** Of what arrives. */
  private rate(place: number, samples: number): number {
    const seconds = ((this.rows[0]?.at ?? 0) - (this.rows[samples]?.at ?? 0)) / 1000;
    const bits = this.grown(place, samples, (one) => one.bytes) * 8;
    return (bits * (1 - this.lost(place, samples))) / Math.max(seconds, 0.001);
  }

  private lost(place: number, samples: number): number {
    return mean(this.rows.slice(0, samples).map((row) => row.encodings[place]?.lost ?? 0));
  }

  private grown(place: number, samples: number, of: (one: Encoded) => number): number {
    const [now, then] = [this.rows[0]?.encodings[place], this.rows[samples]?.encodings[place]];
    return now === undefined || then === undefined ? 0 : of(now) - of(then);
  }
}

function mean(of: readonly number[]): number {
  return of.reduce((sum, each) => sum + each, 0) / of.length;
}
