// How loud one's own microphone is.
import { type ReadonlySignal, signal } from "@preact/signals";

const EVERY_MS = 50;
/** Decibels below full scale that count as silence. */
const FLOOR = 60;

export class Meter {
  private readonly value = signal(0);
  private context: AudioContext | null = null;
  private source: MediaStreamAudioSourceNode | null = null;
  private timer: ReturnType<typeof setInterval> | null = null;

  /** 0–1: silence to full scale, linear in decibels. */
  get level(): ReadonlySignal<number> {
    return this.value;
  }

  attach(track: MediaStreamTrack | null): void {
    this.detach();
    if (track === null) return;
    this.context ??= new AudioContext();
    // Without a click on the page yet it stays suspended; the next attach tries again.
    void this.context.resume();
    const analyser = this.context.createAnalyser();
    analyser.fftSize = 1024;
    this.source = this.context.createMediaStreamSource(new MediaStream([track]));
    this.source.connect(analyser);
    const window = new Float32Array(analyser.fftSize);
    this.timer = setInterval(() => {
      analyser.getFloatTimeDomainData(window);
      this.value.value = toLevel(window);
    }, EVERY_MS);
  }

  close(): void {
    this.detach();
    void this.context?.close();
    this.context = null;
  }

  private detach(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.source?.disconnect();
    this.source = null;
    this.value.value = 0;
  }
}

/** Rounded to hundredths, so that a still level wakes nobody. */
export function toLevel(window: Float32Array): number {
  let sum = 0;
  for (const value of window) sum += value * value;
  const decibels = 10 * Math.log10(sum / window.length + 1e-12);
  return Math.round(Math.min(1, Math.max(0, 1 + decibels / FLOOR)) * 100) / 100;
}
