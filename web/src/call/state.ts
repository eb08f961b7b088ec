// What the interface shows of a call. The call engine (this folder) writes it, the interface
// (../ui) reads it and calls the actions. No DOM in this folder except media elements' streams.
import type { ReadonlySignal } from "@preact/signals";
import type { LineTile } from "../wire/messages";
import type { Bottleneck } from "./bottleneck";
import type { Said } from "./commands";
import type { Told } from "./told";

export type { Bottleneck } from "./bottleneck";
export type { Said } from "./commands";
export type { Told } from "./told";

export type Quality = "good" | "medium" | "poor" | "lost";
export type Role = "host" | "co_admin" | "participant" | "guest";
/** What keeps a picture from being more, as the server says it. */
export type Reason = LineTile["reason"];
export type Phase = "joining" | "connected" | "reconnecting" | "left" | "ended" | "refused";
export type Kind = "microphone" | "camera" | "screen" | "screen_audio";

export interface Person {
  readonly number: number;
  readonly name: string;
  readonly role: Role;
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
  readonly quality: Quality;
  readonly present: boolean;
  readonly self: boolean;
  /** The name looks like a moderator's: it is shown with the words for a guest. */
  readonly guestMark: boolean;
}

/** One picture the interface wants to show. The engine assigns slots and keeps them stable. */
export interface WantedTile {
  readonly participant: number;
  readonly kind: "camera" | "screen";
  /** in device pixels */
  readonly height: number;
  /** As sharp as ever, but with few pictures a second. */
  readonly frames?: "few";
}

/** What is ready to be shown: `stream` is null while the picture is covered (no frame of this very source yet). */
export interface Picture {
  readonly participant: number;
  readonly kind: "camera" | "screen";
  readonly stream: MediaStream | null;
  /** No frame has come for seconds: the last one must not look live. */
  readonly frozen: boolean;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Something the person should know; the interface words it. */
export type Notice =
  /** `seatKept`: what the server gives up after a while must not be promised any longer. */
  | { readonly kind: "reconnecting"; readonly seatKept: boolean }
  | { readonly kind: "udp_blocked" }
  | { readonly kind: "device_lost"; readonly device: "microphone" | "camera" | "speaker" }
  | { readonly kind: "permission_denied"; readonly device: "microphone" | "camera" | "screen" }
  | { readonly kind: "device_busy"; readonly device: "microphone" | "camera" }
  | { readonly kind: "no_device"; readonly device: "microphone" | "camera" }
  /** It is on and gives no picture or sound. */
  | { readonly kind: "device_silent"; readonly device: "microphone" | "camera" }
  | { readonly kind: "muted_speaking" }
  /** Another's screen has taken the place of one's own. */
  | { readonly kind: "screen_replaced"; readonly by: number }
  /** One's own connection cannot carry the call as it is: what one sends oneself is to go first. */
  | { readonly kind: "weak_connection" }
  /** The connection was bad for a while: weak-internet mode is offered. Dismissed, it is declined. */
  | { readonly kind: "weak_offer" }
  /** In that mode, the connection was good for a while: leaving it is offered. */
  | { readonly kind: "weak_over" }
  /** For moderators: `away` people found all `size` seats taken. */
  | { readonly kind: "full"; readonly size: number; readonly away: number }
  | { readonly kind: "refused"; readonly failure: Failure };

/** What comes of one picture that is asked for. */
export interface TileDetails {
  readonly participant: number;
  readonly kind: "camera" | "screen";
  readonly wantedHeight: number;
  /** Few frames are wanted. */
  readonly few: boolean;
  /** Of the picture that comes; null: none. */
  readonly height: number | null;
  readonly framesPerSecond: number;
  readonly kbps: number;
  readonly lossPercent: number | null;
  /** What the server gives, and why not more; null: it has not said. */
  readonly layer: "q" | "h" | "f" | null;
  readonly temporal: number | null;
  readonly reason: Reason | null;
}

export interface ConnectionDetails {
  readonly rttMs: number | null;
  /** The worse of both directions. */
  readonly lossPercent: number | null;
  readonly sendLossPercent: number | null;
  readonly receiveLossPercent: number | null;
  /** What pictures get of the bit rate they may have, 0–1; null: bandwidth is no limit. */
  readonly sendShare: number | null;
  readonly receiveShare: number | null;
  /** What the browser and the server think that the line bears; null: not known. */
  readonly sendLineKbps: number | null;
  readonly receiveLineKbps: number | null;
  readonly tiles: readonly TileDetails[];
  readonly jitterMs: number | null;
  readonly sendKbps: number;
  readonly receiveKbps: number;
  readonly sendHeight: number | null;
  readonly candidate: string;
}

export interface CallState {
  readonly phase: ReadonlySignal<Phase>;
  readonly failure: ReadonlySignal<Failure | null>;
  readonly title: ReadonlySignal<string>;
  readonly you: ReadonlySignal<number>;
  readonly role: ReadonlySignal<Role>;
  readonly invitation: ReadonlySignal<string | null>;
  readonly total: ReadonlySignal<number>;
  readonly people: ReadonlySignal<readonly Person[]>;
  /** the loudest first */
  readonly speakers: ReadonlySignal<readonly number[]>;
  /** What the server told last of everything that it tells whole. */
  readonly told: ReadonlySignal<Told>;
  /** by `${participant}:${kind}` */
  readonly pictures: ReadonlySignal<ReadonlyMap<string, Picture>>;
  /** Weak-internet mode is on: sound, the shared screen at few frames and the teacher, small. */
  readonly weakInternet: ReadonlySignal<boolean>;
  /** What would be shown but for that mode, by `${participant}:${kind}`. */
  readonly spared: ReadonlySignal<ReadonlySet<string>>;
  /** own camera and screen for the self view */
  readonly ownCamera: ReadonlySignal<MediaStream | null>;
  readonly ownScreen: ReadonlySignal<MediaStream | null>;
  readonly microphoneOn: ReadonlySignal<boolean>;
  readonly cameraOn: ReadonlySignal<boolean>;
  /** It is on, and others look, but one's own line bears only sound: nobody sees it. */
  readonly cameraRests: ReadonlySignal<boolean>;
  readonly screenOn: ReadonlySignal<boolean>;
  /** What is on or off holds here, and the server has not confirmed it for a moment already. */
  readonly unconfirmed: ReadonlySignal<boolean>;
  /** 0–1, of one's own microphone */
  readonly level: ReadonlySignal<number>;
  readonly quality: ReadonlySignal<Quality>;
  readonly details: ReadonlySignal<ConnectionDetails | null>;
  readonly bottleneck: ReadonlySignal<Bottleneck>;
  readonly notices: ReadonlySignal<readonly Notice[]>;
  /** streams of the audio slots, to be played at all times */
  readonly sound: ReadonlySignal<readonly MediaStream[]>;
}

export interface CallActions {
  show(tiles: readonly WantedTile[]): void;
  /** Pictures are seen in another window of ours, even while the page of the call is hidden. */
  seeElsewhere(seen: boolean): void;
  setMicrophone(on: boolean): Promise<void>;
  setCamera(on: boolean): Promise<void>;
  setScreen(on: boolean): Promise<void>;
  /** On, it also turns the camera off. */
  setWeakInternet(on: boolean): void;
  useMicrophone(deviceId: string): Promise<void>;
  useCamera(deviceId: string): Promise<void>;
  search(query: string, offset: number): Promise<{ total: number; people: readonly Person[] }>;
  dismiss(notice: Notice): void;
  /** As a moderator: whether and by which link the class can enter now. Rejects with RequestFailed. */
  lookForLink(): Promise<void>;
  /** As a moderator: nobody enters by links of the class any more. Rejects with RequestFailed. */
  closeLinks(): Promise<void>;
  /** As a moderator: a new link of the class. Rejects with RequestFailed. */
  makeLink(): Promise<void>;
  /** A command of the person; a refusal of it becomes a notice. */
  say(command: Said): void;
  leave(): void;
}
