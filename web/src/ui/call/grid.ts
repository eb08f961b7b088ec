// How large tiles can be in the room there is. Pure geometry in CSS pixels.

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Grid extends Size {
  readonly columns: number;
  readonly rows: number;
}

/** Width to height of a tile: at least `narrow`, at most `wide`. */
export interface Shape {
  readonly narrow: number;
  readonly wide: number;
}

/** Between tiles, and between them and what is beside them. */
export const GAP = 8;

export const WIDE: Shape = { narrow: 16 / 9, wide: 16 / 9 };
/** On an upright phone tiles may be as tall as a portrait photograph. */
export const UPRIGHT: Shape = { narrow: 4 / 5, wide: 16 / 9 };

function tileIn(cell: Size, shape: Shape): Size {
  const ratio = cell.width / Math.max(1, cell.height);
  if (ratio > shape.wide) {
    return { width: cell.height * shape.wide, height: cell.height };
  }
  if (ratio < shape.narrow) {
    return { width: cell.width, height: cell.width / shape.narrow };
  }
  return cell;
}

/** The grid with the largest tiles for `count` of them in `room`, `gap` apart; sizes are whole. */
export function fitGrid(count: number, room: Size, gap: number, shape: Shape = WIDE): Grid {
  let best: Grid = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns) || 1;
    const cell = {
      width: (room.width - gap * (columns - 1)) / columns,
      height: (room.height - gap * (rows - 1)) / rows,
    };
    if (cell.width <= 0 || cell.height <= 0) {
      continue;
    }
    const tile = tileIn(cell, shape);
    if (tile.width * tile.height > best.width * best.height + 1) {
      best = { columns, rows, width: Math.floor(tile.width), height: Math.floor(tile.height) };
    }
  }
  return best;
}

/** The largest 16:9 box in `room`. */
export function fitBox(room: Size): Size {
  const { width, height } = fitGrid(1, room, 0);
  return { width, height };
}

/** A netbook is low, too, and lower while something is said above the pictures. */
export const isPhone = ({ width, height }: Size): boolean => width < 500 || height < 420;
/** Whether what is beside the tiles of the grid goes below them, where it costs less. */
export const isStacked = (room: Size): boolean => room.width < room.height * 1.5;
export const isUpright = (room: Size): boolean => room.height > room.width;

/** What is drawn beside the tiles of the grid. */
export interface Beside {
  /** The arrows that turn the pages. */
  readonly pager: boolean;
  /** Oneself, where one is not among the tiles: never over anybody's picture. */
  readonly self: boolean;
  /** The words to whoever is alone. */
  readonly alone: boolean;
}

export interface Margins {
  readonly right: number;
  readonly bottom: number;
  readonly left: number;
}

const PAGER_SIDE = 56;
const PAGER_LINE = 36;
const PAGER_BELOW = 48;
const ALONE_BELOW = 160;

/** How large one sees oneself beside the others. */
export function selfSize(room: Size): Size {
  const width = isPhone(room) ? 112 : Math.min(240, Math.max(168, Math.round(room.width * 0.16)));
  return { width, height: Math.round((width * 9) / 16) };
}

/** What the grid leaves free of `room`: at the sides of a wide one, below in others. */
export function margins(room: Size, { pager, self, alone }: Beside): Margins {
  const own = selfSize(room);
  if (isStacked(room)) {
    const below = [alone ? ALONE_BELOW : 0, pager ? PAGER_BELOW : 0, self ? own.height + GAP : 0];
    return { left: 0, right: 0, bottom: Math.max(...below) };
  }
  const arrow = pager ? PAGER_SIDE : 0;
  return {
    left: arrow,
    right: self ? Math.max(arrow, own.width + GAP) : arrow,
    bottom: pager ? PAGER_LINE : 0,
  };
}

export function inside(room: Size, { left, right, bottom }: Margins): Size {
  return { width: room.width - left - right, height: room.height - bottom };
}

const ON_A_PHONE = 4;
const PAGES = [25, 16, 9] as const;
/** A full page has no tiles lower than this, unless it is of the smallest kind. */
const LOWEST = 120;

/** Tiles of other people on one page: as many as are still worth looking at. */
export function pageSize(room: Size): number {
  if (isPhone(room)) {
    return ON_A_PHONE;
  }
  const free = inside(room, margins(room, { pager: true, self: true, alone: false }));
  return PAGES.find((size) => fitGrid(size, free, GAP).height >= LOWEST) ?? PAGES[2];
}

export function pageCount(people: number, size: number): number {
  return Math.max(1, Math.ceil(people / size));
}

export function pageOf<T>(all: readonly T[], page: number, size: number): readonly T[] {
  return all.slice(page * size, (page + 1) * size);
}
