// Whom the strip beside a large picture shows, and how large. Pure geometry in CSS pixels.
import type { Person } from "../../call";
import { GAP, isPhone, isUpright, pageCount, pageOf, type Size } from "./grid";

/** Room for the line that turns the strip's pages. */
const PAGER = 44;
/** Rows below the large picture of an upright screen, at the most. */
const ROWS = 3;
const ACROSS = 3;

export interface StripPlan {
  readonly tile: Size;
  /** tiles on a page, oneself included */
  readonly count: number;
  readonly paged: boolean;
  /** what is left for the large picture */
  readonly rest: Size;
}

const HIDDEN: Size = { width: 0, height: 0 };
const fits = (room: number, one: number) => Math.floor((room + GAP) / (one + GAP));

/** A few rows below on upright screens, a column at the right otherwise, for `people` tiles. */
export function planStrip(room: Size, people: number, hidden: boolean): StripPlan {
  if (hidden || people === 0) {
    return { tile: HIDDEN, count: 0, paged: false, rest: room };
  }
  return isUpright(room) ? planRows(room, people) : planColumn(room, people);
}

function planColumn(room: Size, people: number): StripPlan {
  const width = isPhone(room) ? 120 : Math.min(256, Math.max(160, Math.round(room.width * 0.17)));
  const tile = { width, height: Math.round((width * 9) / 16) };
  const paged = people > fits(room.height, tile.height);
  const count = Math.max(1, fits(room.height - (paged ? PAGER + GAP : 0), tile.height));
  return { tile, count, paged, rest: { ...room, width: room.width - width - GAP } };
}

function planRows(room: Size, people: number): StripPlan {
  const width = Math.floor((room.width - (ACROSS - 1) * GAP) / ACROSS);
  const tile = { width, height: Math.round((width * 9) / 16) };
  const large = Math.round((room.width * 9) / 16);
  const most = Math.min(
    ROWS,
    Math.max(1, fits(room.height - large - 2 * GAP - PAGER, tile.height)),
  );
  const rows = Math.min(most, Math.ceil(people / ACROSS));
  const paged = people > rows * ACROSS;
  const below = rows * (tile.height + GAP) + (paged ? PAGER + GAP : 0);
  return { tile, count: rows * ACROSS, paged, rest: { ...room, height: room.height - below } };
}

export interface StripPage {
  /** oneself last */
  readonly people: readonly Person[];
  readonly page: number;
  readonly pages: number;
}

/** One page of the strip. One's own picture is on each of them, if there is room beside it. */
export function stripPage(
  others: readonly Person[],
  own: Person | null,
  count: number,
  page: number,
): StripPage {
  const self = own && count > 1 ? [own] : [];
  const size = Math.max(1, count - self.length);
  const pages = pageCount(others.length, size);
  const at = Math.min(Math.max(0, page), pages - 1);
  return { people: count < 1 ? [] : [...pageOf(others, at, size), ...self], page: at, pages };
}
