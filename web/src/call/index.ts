// The call engine's face for the interface; see README.md.
import type { Local } from "./local";
import type { CallActions, CallState } from "./state";

export type { Choice, Device, DeviceList, Local } from "./local";
export { createPreview, type Preview } from "./preview";
export { createLesson, enter, type Lesson, type LinkInfo, lookUp, RequestFailed } from "./rest";
export type * from "./state";

export interface CallOptions {
  /** Taken over: it keeps its devices and their state; the call closes it. */
  readonly local: Local;
}

export interface Call {
  readonly state: CallState;
  readonly actions: CallActions;
  readonly local: Local;
  /** Leaves (if still in the call) and frees everything. May be called twice. */
  close(): void;
}

export declare function createCall(grant: string, options: CallOptions): Call;
