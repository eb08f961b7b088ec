// One's own media in the call: what is on, told to the server and put on the peer connection.
import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Media } from "../wire/messages";
import type { Local } from "./local";
import type { Notices } from "./notices";
import type { Peer } from "./peer";
import { ScreenShare } from "./screen";
import { MutedSpeech } from "./speech";
import type { Kind } from "./state";

export class OwnMedia {
  readonly screen: ScreenShare;
  readonly media: ReadonlySignal<Required<Media>>;
  private readonly peer = signal<Peer | null>(null);
  private readonly speech = new MutedSpeech();
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly local: Local,
    private readonly notices: Notices,
    tell: (media: Media) => void,
  ) {
    this.screen = new ScreenShare(navigator.mediaDevices, notices);
    this.media = computed(() => ({
      microphone: local.microphoneOn.value,
      camera: local.cameraOn.value && !local.cameraSilent.value,
      screen: this.screen.video.value !== null,
      screen_audio: this.screen.audio.value !== null,
    }));
    this.send("microphone", local.outgoing.microphone);
    this.send("camera", local.outgoing.camera);
    this.send("screen", this.screen.video);
    this.send("screen_audio", this.screen.audio);
    let told = JSON.stringify(this.media.peek());
    this.watch(() => {
      const text = JSON.stringify(this.media.value);
      if (text !== told) tell(this.media.peek());
      told = text;
    });
    this.watch(() => this.listen(local.level.value, local.microphoneOn.value));
  }

  /** Now and then, since a level that stands still tells nobody. */
  beat(): void {
    this.listen(this.local.level.peek(), this.local.microphoneOn.peek());
  }

  attach(peer: Peer): void {
    this.peer.value = peer;
  }

  /**
   * The server's state wins, except that nothing is ever turned on from afar. What is off already is
   * left alone: it may just be opening, or unplugged and awaited, and is told when it is on.
   * `unconfirmed`: this may speak of an earlier wish than the last. Microphone and camera are granted
   * as wished, so only the screen can be what it corrects.
   */
  obey(held: Media, unconfirmed = false): void {
    const { microphoneOn, cameraOn, cameraSilent } = this.local;
    batch(() => {
      if (held.screen !== true) this.screen.stop();
      if (unconfirmed) return;
      if (held.microphone !== true && microphoneOn.peek()) void this.local.setMicrophone(false);
      // One that is silent is off by what was said from here: that is no wish of the server's.
      if (held.camera !== true && cameraOn.peek() && !cameraSilent.peek())
        void this.local.setCamera(false);
    });
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.screen.close();
  }

  private send(kind: Kind, track: ReadonlySignal<MediaStreamTrack | null>): void {
    this.watch(() => void this.peer.value?.send(kind, track.value));
  }

  private listen(level: number, on: boolean): void {
    const now = performance.now();
    if (on) {
      this.speech.unmuted();
      this.notices.drop((notice) => notice.kind === "muted_speaking");
    } else if (this.speech.hear(level, now)) {
      this.notices.add({ kind: "muted_speaking" });
    } else if (this.speech.silent(now)) {
      this.notices.drop((notice) => notice.kind === "muted_speaking");
    }
  }

  private watch(work: () => void): void {
    this.stops.push(effect(work));
  }
}
