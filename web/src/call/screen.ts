// Sharing one's screen, with its sound where the browser gives it.
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Notices } from "./notices";
import type { Notice } from "./state";

/** Not yet in TypeScript's library. */
interface CaptureOptions extends DisplayMediaStreamOptions {
  audio: MediaTrackConstraints & { restrictOwnAudio: boolean };
  systemAudio: "include";
  surfaceSwitching: "include";
  selfBrowserSurface: "exclude";
}

/** Systems whose Chromium takes this page out of the computer's sound; on others it only knows the word. */
const KEEPING_OUT = ["Windows", "macOS"];

function options(media: MediaDevices): CaptureOptions {
  return {
    video: { frameRate: { max: 30 }, width: { max: 2560 }, height: { max: 1440 } },
    audio: {
      // Or everybody would hear himself in the sound of the whole computer. Cancelling costs the
      // sound quality (Chromium makes it mono), and the browser takes no other wish afterwards.
      restrictOwnAudio: true,
      echoCancellation: !keepsOwnOut(media),
      noiseSuppression: false,
      autoGainControl: false,
    },
    systemAudio: "include",
    surfaceSwitching: "include",
    selfBrowserSurface: "exclude",
  };
}

function keepsOwnOut(media: MediaDevices): boolean {
  const known = media.getSupportedConstraints() as { restrictOwnAudio?: boolean };
  const { userAgentData } = navigator as { userAgentData?: { platform: string } };
  return known.restrictOwnAudio === true && KEEPING_OUT.includes(userAgentData?.platform ?? "");
}

export class ScreenShare {
  private readonly shown = signal<MediaStreamTrack | null>(null);
  private readonly heard = signal<MediaStreamTrack | null>(null);
  private closed = false;

  constructor(
    private readonly media: MediaDevices | undefined,
    private readonly notices: Notices,
  ) {}

  get video(): ReadonlySignal<MediaStreamTrack | null> {
    return this.shown;
  }

  get audio(): ReadonlySignal<MediaStreamTrack | null> {
    return this.heard;
  }

  /** For good: what is still being chosen is let go as soon as it is there. */
  close(): void {
    this.closed = true;
    this.stop();
  }

  /** Resolves when the person has chosen, declined or was refused. */
  async start(): Promise<void> {
    if (this.closed || this.shown.peek() !== null) return;
    try {
      if (this.media?.getDisplayMedia === undefined)
        throw new DOMException("", "NotSupportedError");
      const stream = await this.media.getDisplayMedia(options(this.media));
      // The browser's question outlives the call; nobody would see or stop what is chosen then.
      if (this.closed) for (const track of stream.getTracks()) track.stop();
      else this.take(stream);
    } catch (reason) {
      this.explain(reason);
    }
  }

  stop(): void {
    for (const track of [this.shown.peek(), this.heard.peek()]) {
      if (track === null) continue;
      track.onended = null;
      track.stop();
    }
    batch(() => {
      this.shown.value = null;
      this.heard.value = null;
    });
  }

  private take(stream: MediaStream): void {
    this.stop();
    const [video] = stream.getVideoTracks();
    const [audio] = stream.getAudioTracks();
    if (video === undefined) return;
    // Keeps text sharp: under pressure frames are dropped, not pixels.
    video.contentHint = "detail";
    // The bar of the browser has a button of its own to stop.
    video.onended = () => this.stop();
    if (audio !== undefined) {
      audio.contentHint = "music";
      audio.onended = () => {
        this.heard.value = null;
      };
    }
    batch(() => {
      this.shown.value = video;
      this.heard.value = audio ?? null;
    });
    this.notices.drop(ofAScreen);
  }

  private explain(reason: unknown): void {
    const name = reason instanceof DOMException ? reason.name : "";
    if (name === "NotSupportedError") {
      const failure = {
        code: "screen_unsupported",
        message: "This browser cannot share.",
        details: {},
      };
      this.notices.add({ kind: "refused", failure });
    } else if (!dismissed(reason)) {
      this.notices.add({ kind: "permission_denied", device: "screen" });
    }
  }
}

/** Why an earlier screen was not shown, or is not any more. */
function ofAScreen(notice: Notice): boolean {
  if (notice.kind === "refused") return notice.failure.code.startsWith("screen_");
  return (
    notice.kind === "screen_replaced" ||
    (notice.kind === "permission_denied" && notice.device === "screen")
  );
}

/** The person closed the dialog: nothing to tell. A refusal by the system says so in its message. */
function dismissed(reason: unknown): boolean {
  if (!(reason instanceof DOMException)) return false;
  if (reason.name === "AbortError") return true;
  return reason.name === "NotAllowedError" && !/system/i.test(reason.message);
}
