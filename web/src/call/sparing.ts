// Weak-internet mode: of all that would be shown, what is asked of the server, and what is not. Pure.
// What matters goes first: sound, then the shared screen, then the teacher.
import { tileKey } from "./slots";
import type { Person, WantedTile } from "./state";

/** Of the teacher's picture, whatever the size of the tile: the smallest layer. */
export const TEACHER_HEIGHT = 180;

export interface Spared {
  readonly asked: readonly WantedTile[];
  /** The keys of what is not asked. */
  readonly spared: ReadonlySet<string>;
}

/** `person`: who is known of this number; `talk`: two talk, and the teacher's picture gives way. */
export function spare(
  tiles: readonly WantedTile[],
  person: (number: number) => Person | undefined,
  talk = false,
): Spared {
  const teacher = talk ? undefined : teacherIn(tiles, person);
  const asked: WantedTile[] = [];
  const spared = new Set<string>();
  for (const tile of tiles) {
    if (tile.kind === "screen") {
      asked.push({ ...tile, frames: "few" });
    } else if (tile.participant === teacher) {
      const height = Math.min(tile.height, TEACHER_HEIGHT);
      asked.push({ ...tile, height, frames: "few" });
    } else {
      spared.add(tileKey(tile));
    }
  }
  return { asked, spared };
}

/** Of several moderators who show themselves it is a host, and the one that is shown first. */
function teacherIn(
  tiles: readonly WantedTile[],
  person: (number: number) => Person | undefined,
): number | undefined {
  const shown = tiles.flatMap((tile) => {
    const one = tile.kind === "camera" ? person(tile.participant) : undefined;
    return one?.camera === true ? [one] : [];
  });
  const teacher =
    shown.find(({ role }) => role === "host") ?? shown.find(({ role }) => role === "co_admin");
  return teacher?.number;
}
