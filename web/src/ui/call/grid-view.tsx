import type { Person } from "../../call";
import { Alone } from "./alone";
import { fitGrid, isPhone, isUpright, pageCount, pageOf, type Size, UPRIGHT, WIDE } from "./grid";
import { Pager } from "./pager";
import { SelfView } from "./self-view";
import { Tile } from "./tile";
import { useCall } from "./view";
import { useWanted, want } from "./wanted";

interface Item {
  readonly person: Person;
  readonly kind: "camera" | "screen";
}

const GAP = 8;
/** Room beside the tiles for the arrows, or below them on phones. */
const PAGER_SIDE = 56;
const PAGER_LINE = 36;
const PAGER_BELOW = 48;

/** Room on an upright screen for the words to whoever is alone. */
const ALONE_BELOW = 160;

function roomFor(room: Size, paged: boolean, alone: boolean): Size {
  if (alone && isUpright(room)) {
    return { width: room.width, height: room.height - ALONE_BELOW };
  }
  if (!paged) {
    return room;
  }
  return isUpright(room)
    ? { width: room.width, height: room.height - PAGER_BELOW }
    : { width: room.width - 2 * PAGER_SIDE, height: room.height - PAGER_LINE };
}

/** Everybody the same size, nine to a page (four on a phone). */
export function GridView({ room }: { room: Size }) {
  const { view } = useCall();
  const size = view.pageSize.value;
  const own = view.own.value;
  const screens = view.presenters.value.map((person): Item => ({ person, kind: "screen" }));
  const cameras = view.arranged.value.map((person): Item => ({ person, kind: "camera" }));
  const all = [...screens, ...cameras];
  const pages = pageCount(all.length, size);
  const page = Math.min(view.page.value, pages - 1);
  const shown = pageOf(all, page, size);
  const alone = all.length === 0;
  const ownInGrid = alone || (all.length > 1 && all.length < size);
  const tiles = own && ownInGrid ? [...shown, { person: own, kind: "camera" } as Item] : shown;
  const shape = isUpright(room) && isPhone(room) ? UPRIGHT : WIDE;
  const available = roomFor(room, pages > 1, alone);
  const fit = fitGrid(tiles.length, available, GAP, shape);
  useWanted(shown.flatMap(({ person, kind }) => want(person, kind, fit.height, devicePixelRatio)));
  return (
    <>
      <div
        class={`grid${pages > 1 ? " paged" : ""}${alone ? " one" : ""}`}
        style={{ maxWidth: `${fit.columns * (fit.width + GAP) - GAP}px` }}
      >
        {tiles.map(({ person, kind }) => (
          <Tile key={`${person.number}:${kind}`} person={person} kind={kind} size={fit} />
        ))}
      </div>
      {pages > 1 && <Pager page={page} pages={pages} />}
      {alone && <Alone />}
      {own && !ownInGrid && <SelfView person={own} room={room} />}
    </>
  );
}
