import type { Person } from "../../call";
import { t } from "../../i18n/language";
import { isPhone, isUpright, type Size } from "./grid";
import { Tile } from "./tile";

const GAP = 8;
/** Video slots that are left beside the large picture. */
const MOST = 8;

export interface StripPlan {
  readonly tile: Size;
  /** tiles that fit */
  readonly count: number;
  /** what is left for the large picture */
  readonly rest: Size;
}

/** A row below on upright screens, a column at the right otherwise. */
export function planStrip(room: Size, hidden: boolean): StripPlan {
  if (hidden) {
    return { tile: { width: 0, height: 0 }, count: 0, rest: room };
  }
  if (isUpright(room)) {
    const width = Math.floor((room.width - 2 * GAP) / 3);
    const tile = { width, height: Math.round((width * 9) / 16) };
    return { tile, count: 3, rest: { ...room, height: room.height - tile.height - GAP } };
  }
  const width = isPhone(room) ? 120 : Math.min(256, Math.max(160, Math.round(room.width * 0.17)));
  const tile = { width, height: Math.round((width * 9) / 16) };
  const count = Math.floor((room.height + GAP) / (tile.height + GAP));
  return { tile, count, rest: { ...room, width: room.width - width - GAP } };
}

/** The people of the strip, oneself last; only as many as fit. */
export function stripPeople(
  people: readonly Person[],
  own: Person | null,
  count: number,
): readonly Person[] {
  if (count < 1) {
    return [];
  }
  const others = people.slice(0, Math.min(MOST, own ? count - 1 : count));
  return own ? [...others, own] : others;
}

export function Strip({ people, tile }: { people: readonly Person[]; tile: Size }) {
  return (
    <section class="strip" aria-label={t("call.region.strip")}>
      {people.map((person) => (
        <Tile key={person.number} person={person} kind="camera" size={tile} />
      ))}
    </section>
  );
}
