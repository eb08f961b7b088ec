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

export const isPhone = (room: Size): boolean => Math.min(room.width, room.height) < 500;
export const isUpright = (room: Size): boolean => room.height > room.width;

/** Tiles of other people on one page. */
export function pageSize(screen: Size): number {
  return isPhone(screen) ? 4 : 9;
}

export function pageCount(people: number, size: number): number {
  return Math.max(1, Math.ceil(people / size));
}

export function pageOf<T>(all: readonly T[], page: number, size: number): readonly T[] {
  return all.slice(page * size, (page + 1) * size);
}
