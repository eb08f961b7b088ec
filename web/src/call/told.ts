// What the server tells whole each time, such as a queue: the last word of each type holds. Pure.
import type { ServerMessage } from "../wire/messages";

/** What the engine itself makes something of. Any other message is state for the interface. */
const NO_STATE = {
  welcome: true,
  answer: true,
  change: true,
  found: true,
  speakers: true,
  publish: true,
  media: true,
  ended: true,
  error: true,
  done: true,
  pong: true,
} as const satisfies Partial<Record<ServerMessage["type"], true>>;

export type StateMessage = Exclude<ServerMessage, { type: keyof typeof NO_STATE }>;

/** By type; what was never told in this seat is not there. */
export type Told = {
  readonly [Type in StateMessage["type"]]?: Extract<StateMessage, { type: Type }>;
};

export function isState(message: ServerMessage): message is StateMessage {
  return !Object.hasOwn(NO_STATE, message.type);
}

export function heard(told: Told, message: StateMessage): Told {
  return { ...told, [message.type]: message };
}
