// One input device, microphone or camera: opened, closed, changed and lost, one step at a time.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Notices } from "./notices";

export type InputKind = "microphone" | "camera";

/** What an input needs of `navigator.mediaDevices`; undefined on a page without https. */
export type Opener = Pick<MediaDevices, "getUserMedia"> | undefined;

type Refused = "permission_denied" | "no_device" | "device_busy";

const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 25, max: 30 },
};
const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** A device that gives nothing for so long (ms): nobody should wait for its picture or sound. */
const SILENT_AFTER = 1_500;

export class Input {
  private readonly isOn = signal(false);
  private readonly isSilent = signal(false);
  private silence: ReturnType<typeof setTimeout> | undefined;
  private readonly opened = signal<MediaStreamTrack | null>(null);
  private readonly sent = signal<MediaStreamTrack | null>(null);
  private readonly isWanted = signal(false);
  /** Was in use when it went; taken again when it is back. `on`: it was, too. */
  private missed: { readonly id: string; readonly on: boolean } | null = null;
  private turn: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly kind: InputKind,
    private deviceId: string,
    private readonly opener: Opener,
    private readonly notices: Notices,
    private readonly onOpened: () => void,
  ) {}

  get on(): ReadonlySignal<boolean> {
    return this.isOn;
  }

  /** It is on or is being opened, which takes as long as the browser's question stands. */
  get wanted(): ReadonlySignal<boolean> {
    return this.isWanted;
  }

  /**
   * It is open and gives nothing: the system has lent it to another program, silenced it, or sleeps.
   * Firefox says nothing of a microphone that the system has silenced.
   */
  get silent(): ReadonlySignal<boolean> {
    return this.isSilent;
  }

  /** The device itself, also while the microphone is muted. */
  get track(): ReadonlySignal<MediaStreamTrack | null> {
    return this.opened;
  }

  /** What is sent: for a microphone a copy, so that the level can be measured while it is muted. */
  get outgoing(): ReadonlySignal<MediaStreamTrack | null> {
    return this.sent;
  }

  /** Resolves when done or refused. Muting takes effect before this returns. */
  set(on: boolean): Promise<void> {
    if (this.closed) return this.turn;
    this.isWanted.value = on;
    // Decided anew: of a microphone that is gone, whether it is to be on when it is back.
    const keeps = this.missed !== null && this.kind === "microphone";
    this.missed = keeps && this.missed !== null ? { ...this.missed, on } : null;
    if (!on) this.apply();
    return this.inTurn(() => this.settle());
  }

  choose(deviceId: string): Promise<void> {
    return this.inTurn(async () => {
      this.missed = null;
      this.deviceId = deviceId;
      if (this.opened.peek() === null) return;
      this.stop();
      await this.open();
      await this.settle();
    });
  }

  /** The devices there are now. One that went while it was in use is taken again by itself. */
  plugged(ids: readonly string[]): Promise<void> {
    return this.inTurn(async () => {
      const { missed } = this;
      if (missed === null || !this.isBack(missed.id, ids)) return;
      this.stop();
      this.deviceId = missed.id;
      this.isWanted.value = missed.on;
      const refused = await this.open();
      // Wireless ones are listed before they can be opened: what took its place goes on.
      if (refused === "device_busy" && this.kind === "microphone") await this.openAnother();
      else this.missed = null;
      await this.settle();
    });
  }

  /** For good: what still waits for the browser's answer, such as a host's microphone, opens nothing. */
  close(): void {
    this.closed = true;
    this.isWanted.value = false;
    this.missed = null;
    void this.inTurn(async () => this.stop());
    this.stop();
  }

  private inTurn(step: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(step);
    return this.turn;
  }

  private async settle(): Promise<void> {
    if (this.isWanted.peek() && this.opened.peek() === null) await this.open();
    // A camera that is off lets its light go out; a microphone stays open for a quick unmute.
    if (!this.isWanted.peek() && this.kind === "camera") this.stop();
    this.apply();
  }

  /** Without a name of its own it was the system's default: any will do, if there is none now. */
  private isBack(id: string, ids: readonly string[]): boolean {
    if (id === "") return this.opened.peek() === null && ids.length > 0;
    return ids.includes(id);
  }

  private apply(): void {
    const sent = this.sent.peek();
    if (sent !== null && this.kind === "microphone") sent.enabled = this.isWanted.peek();
    this.isOn.value = this.isWanted.peek() && sent !== null;
    this.noteSilence();
  }

  /** Why it was refused, which is told; null when it is open. */
  private async open(): Promise<Refused | null> {
    try {
      const track = await this.request();
      track.onended = () => this.lost(track);
      this.watchSilence(track);
      this.opened.value = track;
      const sent = this.kind === "microphone" ? track.clone() : track;
      if (this.kind === "microphone") sent.enabled = this.isWanted.peek();
      this.sent.value = sent;
      this.notices.drop((notice) => "device" in notice && notice.device === this.kind);
      this.onOpened();
      return null;
    } catch (reason) {
      const kind = refusalOf(reason);
      this.isWanted.value = false;
      this.notices.add({ kind, device: this.kind });
      return kind;
    }
  }

  /** Instead of the microphone that is missed, which is still awaited; on or muted as that would be. */
  private async openAnother(): Promise<void> {
    if (this.missed === null) return;
    this.deviceId = "";
    this.isWanted.value = this.missed.on;
    if ((await this.open()) === null) this.notices.add({ kind: "device_lost", device: this.kind });
  }

  private async request(): Promise<MediaStreamTrack> {
    if (this.opener === undefined) throw new DOMException("", "NotAllowedError");
    try {
      return await this.requestDevice(this.opener, this.deviceId);
    } catch (reason) {
      const gone = ["OverconstrainedError", "NotFoundError"].includes(nameOf(reason));
      if (this.deviceId === "" || !gone) throw reason;
      return this.requestDevice(this.opener, "");
    }
  }

  private async requestDevice(opener: NonNullable<Opener>, id: string): Promise<MediaStreamTrack> {
    const wishes = this.kind === "camera" ? CAMERA : MICROPHONE;
    const constraints = id === "" ? wishes : { ...wishes, deviceId: { exact: id } };
    const stream = await opener.getUserMedia(
      this.kind === "camera" ? { video: constraints } : { audio: constraints },
    );
    const track = stream.getTracks()[0];
    if (track === undefined) throw new DOMException("", "NotFoundError");
    return track;
  }

  private watchSilence(track: MediaStreamTrack): void {
    track.onmute = () => {
      clearTimeout(this.silence);
      this.silence = setTimeout(() => this.tellSilence(true), SILENT_AFTER);
    };
    track.onunmute = () => this.tellSilence(false);
    if (track.muted) track.onmute(new Event("mute"));
  }

  private tellSilence(silent: boolean): void {
    clearTimeout(this.silence);
    if (this.isSilent.peek() === silent) return;
    this.isSilent.value = silent;
    this.noteSilence();
  }

  /** A microphone is open while it is off: then its silence is nobody's concern. */
  private noteSilence(): void {
    const { kind } = this;
    if (this.isSilent.peek() && this.isOn.peek())
      this.notices.add({ kind: "device_silent", device: kind });
    else this.notices.drop((notice) => notice.kind === "device_silent" && notice.device === kind);
  }

  private stop(): void {
    this.tellSilence(false);
    for (const track of [this.opened.peek(), this.sent.peek()]) {
      if (track === null) continue;
      track.onended = track.onmute = track.onunmute = null;
      track.stop();
    }
    this.opened.value = null;
    this.sent.value = null;
  }

  /** Unplugged, or taken away by the system. Another microphone is no surprise; another camera is. */
  private lost(track: MediaStreamTrack): void {
    void this.inTurn(async () => {
      if (this.opened.peek() !== track) return;
      const on = this.isWanted.peek();
      this.stop();
      // A camera that was off is opened for nobody. Noted before another is opened, since the person
      // may mute while that takes its time.
      if (on || this.kind === "microphone") this.missed = { id: nameOfDevice(track), on };
      let refused: Refused | null = null;
      if (this.kind === "microphone") {
        this.deviceId = "";
        refused = await this.open();
      } else {
        this.isWanted.value = false;
      }
      this.apply();
      // Forbidden meanwhile: to plug it in again would help nobody.
      if (refused === "permission_denied") return;
      this.notices.add({ kind: "device_lost", device: this.kind });
    });
  }
}

/** "": the system's default, which browsers give a name that means another device tomorrow. */
function nameOfDevice(track: MediaStreamTrack): string {
  const id = track.getSettings().deviceId ?? "";
  return id === "default" || id === "communications" ? "" : id;
}

function nameOf(reason: unknown): string {
  return reason instanceof DOMException || reason instanceof Error ? reason.name : "";
}

function refusalOf(reason: unknown): Refused {
  const name = nameOf(reason);
  if (name === "NotAllowedError" || name === "SecurityError") return "permission_denied";
  if (name === "NotFoundError" || name === "OverconstrainedError") return "no_device";
  return "device_busy";
}
