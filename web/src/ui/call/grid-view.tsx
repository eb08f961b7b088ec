import type { Person } from "../../call";
import { Alone } from "./alone";
import {
  fitGrid,
  GAP,
  inside,
  isPhone,
  isStacked,
  isUpright,
  margins,
  pageCount,
  pageOf,
  type Size,
  selfSize,
  UPRIGHT,
  WIDE,
} from "./grid";
import { Pager } from "./pager";
import { SelfView } from "./self-view";
import { Tile } from "./tile";
import { useCall } from "./view";
import { useWanted, want } from "./wanted";

interface Item {
  readonly person: Person;
  readonly kind: "camera" | "screen";
}

/** Everybody the same size, in pages of as many as the room has place for. */
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
  const self = own !== null && !ownInGrid;
  const around = margins(room, {
    pager: pages > 1,
    self: self && !view.selfHidden.value,
    alone,
  });
  const end = isStacked(room) && around.bottom > 0 && self ? selfSize(room).width + GAP : 0;
  const shape = isUpright(room) && isPhone(room) ? UPRIGHT : WIDE;
  const fit = fitGrid(tiles.length, inside(room, around), GAP, shape);
  useWanted(
    "stage",
    shown.flatMap(({ person, kind }) => want(person, kind, fit.height, devicePixelRatio)),
  );
  return (
    <div class={`grid-room${isStacked(room) ? " stacked" : ""}`}>
      <div
        class="grid"
        style={{
          inset: `0 ${around.right}px ${around.bottom}px ${around.left}px`,
          maxWidth: `${fit.columns * (fit.width + GAP) - GAP}px`,
        }}
      >
        {tiles.map(({ person, kind }) => (
          <Tile
            key={`${person.number}:${kind}`}
            person={person}
            kind={kind}
            width={fit.width}
            height={fit.height}
          />
        ))}
      </div>
      {pages > 1 && (
        <Pager
          page={page}
          pages={pages}
          elsewhere={all.length - shown.length}
          beside={around}
          end={end}
        />
      )}
      {alone && <Alone bottom={isStacked(room) ? null : (room.height - fit.height) / 2} />}
      {self && <SelfView person={own} room={room} />}
    </div>
  );
}
