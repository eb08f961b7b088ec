// The call engine's face for the interface; see README.md.
import { RunningCall } from "./call";
import type { Local } from "./local";
import type { Entered } from "./rest";
import type { CallActions, CallState } from "./state";

export type { Choice, Device, DeviceList, Local } from "./local";
export { checkNetwork, type NetworkCheck } from "./network-check";
export { createPreview, type Preview } from "./preview";
export type { Reach } from "./reach";
export { RequestFailed } from "./request-failed";
export {
  createLesson,
  type Entered,
  enter,
  type Lesson,
  type LinkInfo,
  lookAtSeat,
  lookUp,
  outsideOrigin,
} from "./rest";
export type * from "./state";

export interface CallOptions {
  /** Taken over: it keeps its devices and their state; the call closes it. */
  readonly local: Local;
  /** Told of the seat as a later `createCall` on this page can take it back; null: it is given up. */
  readonly keep?: (seat: Entered | null) => void;
}

export interface Call {
  readonly state: CallState;
  readonly actions: CallActions;
  readonly local: Local;
  /** Leaves (if still in the call) and frees everything. May be called twice. */
  close(): void;
}

declare global {
  interface Window {
    /** A handle for tests and for looking into a running call. */
    zvonok?: {
      readonly state: CallState;
      readonly actions: CallActions;
      readonly peer: RTCPeerConnection | null;
    };
  }
}

export function createCall(entered: Entered, { local, keep }: CallOptions): Call {
  const address = new URL(entered.path, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const call = new RunningCall(entered, address.href, local, keep ?? (() => undefined));
  const { state, actions } = call;
  window.zvonok = {
    state,
    actions,
    get peer() {
      return call.peer;
    },
  };
  return { state, actions, local, close: () => call.close() };
}
