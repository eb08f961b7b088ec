// One's own microphone, camera and speaker: the same object serves the prejoin page and the call.
import type { ReadonlySignal } from "@preact/signals";
import type { Notice } from "./state";

export interface Device {
  readonly id: string;
  /** Empty until the person has allowed access once. */
  readonly label: string;
}

export interface DeviceList {
  readonly microphones: readonly Device[];
  readonly cameras: readonly Device[];
  /** Empty where the browser cannot choose the output. */
  readonly speakers: readonly Device[];
}

/** Ids of the chosen devices, remembered in this browser; "" is the system's default. */
export interface Choice {
  readonly microphone: string;
  readonly camera: string;
  readonly speaker: string;
}

export interface Local {
  readonly devices: ReadonlySignal<DeviceList>;
  readonly chosen: ReadonlySignal<Choice>;
  readonly microphoneOn: ReadonlySignal<boolean>;
  readonly cameraOn: ReadonlySignal<boolean>;
  /** What is on or being opened: what a page that is loaded again is to have on. */
  readonly wanted: {
    readonly microphone: ReadonlySignal<boolean>;
    readonly camera: ReadonlySignal<boolean>;
  };
  /** It is on and gives no picture; for the others it counts as off until it does again. */
  readonly cameraSilent: ReadonlySignal<boolean>;
  /** 0–1, of one's own microphone, also while muted as long as the device is open. */
  readonly level: ReadonlySignal<number>;
  /** The self view; null while the camera is off or silent. */
  readonly ownCamera: ReadonlySignal<MediaStream | null>;
  /** Weak-internet mode, remembered in this browser. */
  readonly weakInternet: ReadonlySignal<boolean>;
  readonly notices: ReadonlySignal<readonly Notice[]>;
  /** Resolves when done or refused; a refusal is a notice and leaves the device off. Never rejects. */
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  useMicrophone(id: string): Promise<void>;
  useCamera(id: string): Promise<void>;
  /** Remembers the output; whoever plays sound applies `chosen.speaker` by `setSinkId`. */
  useSpeaker(id: string): void;
  /** On, it turns the camera off; who wants it on all the same turns it on again. */
  setWeakInternet(on: boolean): void;
  dismiss(notice: Notice): void;
  /** For the call engine: what is sent, null while the device is closed. */
  readonly outgoing: {
    readonly microphone: ReadonlySignal<MediaStreamTrack | null>;
    readonly camera: ReadonlySignal<MediaStreamTrack | null>;
  };
  /** Stops the devices. */
  close(): void;
}
