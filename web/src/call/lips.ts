// How long each picture is to be held back for its sound. Pure. Every slot is a stream of its own,
// so the browser does not level a person's sound with his picture: under jitter sound alone is held.
import { sourceOf } from "./covers";

/** Ms that nobody notices. */
const NEAR = 40;
/** A target that would move by less stays. */
const STEP = 5;
/** Of what is missing, so much is made good with each sample. */
const SHARE = 0.5;
/** Later than this a picture is never on purpose, ms. */
const MOST = 500;
/** A pause between two sentences is shorter, ms. */
const SILENCE = 6000;

/** What a slot received until now. */
export interface Flow {
  /** Who is in the slot (CSRC), as far as that is known. */
  readonly source: number | null;
  /** Seconds by which the jitter buffer wants what it gives out to be late, summed over `emitted`. */
  readonly delay: number;
  /** Frames of a picture, samples of sound. */
  readonly emitted: number;
}

export const nothing: Flow = { source: null, delay: 0, emitted: 0 };

/** The source of the sound that belongs to a picture. */
export function soundOf(picture: number): number {
  const participant = Math.floor(picture / 4);
  const isScreen = picture === sourceOf(participant, "screen");
  return sourceOf(participant, isScreen ? "screen_audio" : "microphone");
}

export class Lips {
  private readonly sounds: Hold[] = [];
  private readonly pictures: Picture[] = [];

  /**
   * Takes one sample of all slots; returns for each slot with a picture how long its jitter buffer
   * should hold, ms, or null where that is the browser's own choice.
   */
  add(sounds: readonly Flow[], pictures: readonly Flow[], now: number): (number | null)[] {
    const heard = new Map<number, number>();
    sounds.forEach((flow, slot) => {
      this.sounds[slot] ??= new Hold();
      const held = this.sounds[slot].add(flow);
      if (held !== null && flow.source !== null) heard.set(flow.source, held);
    });
    return pictures.map((flow, slot) => {
      this.pictures[slot] ??= new Picture();
      const sound = flow.source === null ? undefined : heard.get(soundOf(flow.source));
      return this.pictures[slot].add(flow, sound, now);
    });
  }
}

class Picture {
  private readonly hold = new Hold();
  private source: number | null = null;
  private target: number | null = null;
  private heardAt = 0;
  private own = 0;

  /** `sound`: how long the sound was held since the last sample, ms, if there was any. */
  add(flow: Flow, sound: number | undefined, now: number): number | null {
    const held = this.hold.add(flow);
    if (flow.source !== this.source) this.target = null;
    this.source = flow.source;
    if (sound !== undefined) {
      this.heardAt = now;
      if (held !== null) this.target = this.level(held, Math.min(sound, MOST));
    } else if (now - this.heardAt >= SILENCE) {
      this.target = null;
    }
    return this.target;
  }

  private level(held: number, sound: number): number | null {
    // What the browser chose: it can no longer be seen once there is a target.
    if (this.target === null) this.own = held;
    const enough = this.target === null ? NEAR : NEAR / 2;
    if (sound - this.own <= enough) return null;
    const from = this.target ?? held;
    const next = Math.round(from + (sound - from) * SHARE);
    return this.target !== null && Math.abs(next - this.target) < STEP ? this.target : next;
  }
}

/** The mean delay between two samples. */
class Hold {
  private before: Flow = nothing;

  /** In ms; null when nothing came out. */
  add(flow: Flow): number | null {
    const emitted = flow.emitted - this.before.emitted;
    const delay = flow.delay - this.before.delay;
    this.before = flow;
    return emitted > 0 && delay >= 0 ? (delay / emitted) * 1000 : null;
  }
}
