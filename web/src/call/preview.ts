// What the prejoin page needs. Hand the same object to `createCall`, which takes it over;
// `close` it only when the person does not join.
import type { Local } from "./local";

export interface Preview extends Local {
  /** Plays a short tone on the chosen speaker; resolves at its end, false when it could not play. */
  testSpeaker(): Promise<boolean>;
}

export declare function createPreview(): Preview;
