// How loud one's own microphone is.
import { type ReadonlySignal, signal } from "@preact/signals";

const EVERY_MS = 50;
/** Decibels below full scale that count as silence. */
const FLOOR = 60;

/** Presses that let a page sound which the browser had held back until it is used. */
const PRESSES = ["pointerup", "keydown"];

/** Where the browser cannot measure, the level stays at 0: the microphone does not depend on it. */
export class Meter {
  private readonly value = signal(0);
  private context: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;

  /** 0–1: silence to full scale, linear in decibels. */
  get level(): ReadonlySignal<number> {
    return this.value;
  }

  /** Never throws. */
  attach(track: MediaStreamTrack | null): void {
    this.close();
    if (track === null) return;
    try {
      this.measure(track);
    } catch {
      // Firefox refuses a device whose sample rate is not that of the context.
      this.close();
    }
  }

  close(): void {
    for (const press of PRESSES) window.removeEventListener(press, this.wake);
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    void this.context?.close();
    this.context = null;
    this.value.value = 0;
  }

  private measure(track: MediaStreamTrack): void {
    // Another for each device: it keeps the sample rate that held when it was made.
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 1024;
    this.context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      this.value.value = toLevel(samples);
    }, EVERY_MS);
    for (const press of PRESSES) window.addEventListener(press, this.wake);
    this.wake();
  }

  /** Chromium holds it back until the page is used; iOS interrupts it for a telephone call. */
  private readonly wake = (): void => {
    if (this.context === null || this.context.state === "running") return;
    // Refused or still pending: the next press tries again.
    this.context.resume().catch(() => undefined);
  };
}

/** Rounded to hundredths, so that a still level wakes nobody. */
export function toLevel(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.round(Math.min(1, Math.max(0, 1 + decibels / FLOOR)) * 100) / 100;
}
