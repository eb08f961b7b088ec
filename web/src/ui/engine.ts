// The call engine as the interface needs it; the stories put a pretended one in its place.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type * as calls from "../call";

export type Engine = Pick<
  typeof calls,
  | "checkNetwork"
  | "createCall"
  | "createLesson"
  | "createPreview"
  | "enter"
  | "lookAtSeat"
  | "lookUp"
>;

export const EngineContext = createContext<Engine | null>(null);

export function useEngine(): Engine {
  const engine = useContext(EngineContext);
  if (!engine) {
    throw new Error("no call engine was given to the interface");
  }
  return engine;
}
