// Tells the engine which pictures are on screen.
import { useEffect } from "preact/hooks";
import type { Person, WantedTile } from "../../call";
import { useCall } from "./view";

/** The request for one tile, or nothing when there is no picture to ask for. */
export function want(
  person: Person,
  kind: "camera" | "screen",
  cssHeight: number,
  pixelRatio: number,
): WantedTile[] {
  const on = kind === "camera" ? person.camera : person.screen;
  if (person.self || !on || cssHeight < 1) {
    return [];
  }
  return [{ participant: person.number, kind, height: Math.round(cssHeight * pixelRatio) }];
}

/** The whole of what a layout shows, whenever it changes. */
export function useWanted(tiles: readonly WantedTile[]): void {
  const { call } = useCall();
  const said = JSON.stringify(tiles);
  useEffect(() => {
    call.actions.show(JSON.parse(said));
  }, [call, said]);
}
