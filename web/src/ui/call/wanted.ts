// Which pictures are on screen, of all that this person looks at: the page, and the window with
// faces. A tab that is hidden shows none, so it asks for none; the sound goes on.
import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Call, Person, WantedTile } from "../../call";
import { useCall } from "./view";

/** Where pictures are shown: on the page, and in a window of their own. */
export type Place = "stage" | "faces";

/** A look at another tab that is shorter (ms) costs no new keyframes. */
export const AWAY = 3000;

/**
 * The request for one tile, or nothing when there is no picture to ask for. A camera that is off
 * is asked for all the same: else each that goes on or off would have everybody say a new view.
 */
export function want(
  person: Person,
  kind: "camera" | "screen",
  cssHeight: number,
  pixelRatio: number,
): WantedTile[] {
  const there = kind === "camera" || person.screen;
  if (person.self || !there || cssHeight < 1) {
    return [];
  }
  return [{ participant: person.number, kind, height: Math.round(cssHeight * pixelRatio) }];
}

/** Each picture once, as high as it is shown anywhere. */
export function merge(lists: readonly (readonly WantedTile[])[]): readonly WantedTile[] {
  const merged = new Map<string, WantedTile>();
  for (const tile of lists.flat()) {
    const key = `${tile.participant}:${tile.kind}`;
    const before = merged.get(key);
    if (before === undefined || before.height < tile.height) {
      merged.set(key, tile);
    }
  }
  return [...merged.values()];
}

/** Tells the engine, for as long as the call is looked at. */
export function createWanted(call: Call) {
  const stage = signal<readonly WantedTile[]>([]);
  const faces = signal<readonly WantedTile[]>([]);
  const hidden = signal(document.hidden);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(
      () => {
        hidden.value = document.hidden;
      },
      document.hidden ? AWAY : 0,
    );
  };
  document.addEventListener("visibilitychange", look);
  const stop = effect(() =>
    call.actions.show(merge(hidden.value ? [faces.value] : [stage.value, faces.value])),
  );
  return {
    stage,
    faces,
    close() {
      stop();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
    },
  };
}

/** The whole of what is shown in one place, whenever it changes. */
export function useWanted(place: Place, tiles: readonly WantedTile[]): void {
  const { wanted } = useCall().view;
  const said = JSON.stringify(tiles);
  useEffect(() => {
    wanted[place].value = JSON.parse(said);
  }, [wanted, place, said]);
}
