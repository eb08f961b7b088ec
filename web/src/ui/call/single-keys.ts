// Whether single letters are shortcuts: they get in the way of some screen readers.
import { recall, remember } from "../kit/remembered";

export const singleKeysOff = () => recall("single-keys") === "off";

export function setSingleKeys(on: boolean): void {
  remember("single-keys", on ? "on" : "off");
}
