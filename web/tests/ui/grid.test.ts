import { expect, test } from "vitest";
import {
  fitBox,
  fitGrid,
  inside,
  isPhone,
  margins,
  pageCount,
  pageOf,
  pageSize,
  selfSize,
  UPRIGHT,
} from "../../src/ui/call/grid";
import { planStrip, stripPage } from "../../src/ui/call/strip";
import { person } from "./fake-call";

const rooms = [
  { width: 344, height: 640 },
  { width: 704, height: 280 },
  { width: 1248, height: 620 },
  { width: 1888, height: 970 },
];

test("tiles never leave the room, whatever the count", () => {
  for (const room of rooms) {
    for (let count = 1; count <= 16; count++) {
      const { columns, rows, width, height } = fitGrid(count, room, 8);
      expect(columns * rows).toBeGreaterThanOrEqual(count);
      expect(columns * width + (columns - 1) * 8).toBeLessThanOrEqual(room.width);
      expect(rows * height + (rows - 1) * 8).toBeLessThanOrEqual(room.height);
      expect(Math.abs(width / height - 16 / 9)).toBeLessThan(0.03);
    }
  }
});

test("no other number of columns gives larger tiles", () => {
  for (const room of rooms) {
    for (let count = 1; count <= 12; count++) {
      const best = fitGrid(count, room, 8);
      for (let columns = 1; columns <= count; columns++) {
        const rows = Math.ceil(count / columns);
        const wide = (room.width - 8 * (columns - 1)) / columns;
        const high = (room.height - 8 * (rows - 1)) / rows;
        expect(best.width + 2).toBeGreaterThanOrEqual(Math.min(wide, (high * 16) / 9));
      }
    }
  }
});

test("nine on a wide screen are three by three, four on a phone stand below each other", () => {
  expect(fitGrid(9, { width: 1248, height: 620 }, 8)).toMatchObject({ columns: 3, rows: 3 });
  expect(fitGrid(4, { width: 344, height: 640 }, 8)).toMatchObject({ columns: 1, rows: 4 });
});

test("an upright phone gives one person a tall tile", () => {
  const { width, height } = fitGrid(1, { width: 344, height: 640 }, 8, UPRIGHT);
  expect([width, height]).toEqual([344, 430]);
});

test("a room without room gives no tile rather than an error", () => {
  expect(fitGrid(3, { width: 0, height: 0 }, 8)).toMatchObject({ width: 0, height: 0 });
  expect(fitGrid(0, { width: 300, height: 300 }, 8).columns).toBe(1);
});

test("the box is the largest 16:9", () => {
  expect(fitBox({ width: 1600, height: 2000 })).toEqual({ width: 1600, height: 900 });
  expect(fitBox({ width: 1600, height: 450 })).toEqual({ width: 800, height: 450 });
});

test("a page has as many tiles as are worth looking at", () => {
  expect(pageSize({ width: 344, height: 640 })).toBe(4);
  expect(pageSize({ width: 724, height: 270 })).toBe(4);
  expect(pageSize({ width: 740, height: 560 })).toBe(9);
  // A netbook (1024 × 600) on which something is offered above the pictures.
  expect(pageSize({ width: 992, height: 436 })).toBe(9);
  expect(pageSize({ width: 1248, height: 620 })).toBe(16);
  expect(pageSize({ width: 1888, height: 970 })).toBe(25);
  expect(isPhone({ width: 1920, height: 1080 })).toBe(false);
});

test("one's own picture is beside the tiles, never over them", () => {
  for (const room of [...rooms, { width: 768, height: 900 }]) {
    for (const pager of [true, false]) {
      const around = margins(room, { pager, self: true, alone: false });
      const own = selfSize(room);
      const besideThem = around.right >= own.width || around.bottom >= own.height;
      expect(besideThem, JSON.stringify(room)).toBe(true);
      expect(inside(room, around).width).toBeGreaterThan(own.width);
    }
  }
  expect(
    margins({ width: 1248, height: 620 }, { pager: false, self: false, alone: false }),
  ).toEqual({
    left: 0,
    right: 0,
    bottom: 0,
  });
});

test("pages cover everybody once", () => {
  const all = Array.from({ length: 29 }, (_, at) => at);
  expect(pageCount(29, 9)).toBe(4);
  expect(pageCount(0, 9)).toBe(1);
  expect([0, 1, 2, 3].flatMap((page) => pageOf(all, page, 9))).toEqual(all);
});

const people = (count: number) => Array.from({ length: count }, (_, at) => person(at + 2));
const own = person(1, { self: true });

test("the strip leaves the rest to the large picture", () => {
  const wide = planStrip({ width: 1248, height: 620 }, 5, false);
  expect(wide.rest.width + wide.tile.width + 8).toBe(1248);
  expect(wide).toMatchObject({ count: 4, paged: true });
  expect(planStrip({ width: 1248, height: 620 }, 4, false)).toMatchObject({ paged: false });
  expect(planStrip({ width: 344, height: 640 }, 9, true).count).toBe(0);
  expect(planStrip({ width: 344, height: 640 }, 0, false).count).toBe(0);
});

test("an upright screen has rows of people below, as many as there is room for", () => {
  const room = { width: 344, height: 640 };
  const few = planStrip(room, 3, false);
  expect(few).toMatchObject({ count: 3, paged: false });
  expect(few.rest.height + few.tile.height + 8).toBe(640);
  const many = planStrip(room, 28, false);
  expect(many).toMatchObject({ count: 9, paged: true });
  expect(many.rest.height).toBeGreaterThanOrEqual((344 * 9) / 16);
});

test("the strip's tiles and its pager never leave the room", () => {
  for (const room of rooms) {
    for (const count of [1, 4, 5, 28, 2000]) {
      const { tile, count: on, paged } = planStrip(room, count, false);
      const rows = room.height > room.width ? Math.ceil(on / 3) : on;
      const high = rows * (tile.height + 8) - 8 + (paged ? 52 : 0);
      expect(high, JSON.stringify({ room, count })).toBeLessThanOrEqual(room.height);
    }
  }
});

test("the pages of the strip show everybody once, and oneself on each", () => {
  const all = people(28);
  const first = stripPage(all, own, 4, 0);
  expect(first.pages).toBe(10);
  const seen = Array.from({ length: first.pages }, (_, at) => stripPage(all, own, 4, at));
  expect(seen.every((page) => page.people.at(-1) === own)).toBe(true);
  expect(seen.flatMap((page) => page.people.filter((one) => one !== own))).toEqual(all);
  expect(stripPage(all, own, 4, 99).page).toBe(9);
  expect(stripPage(all, own, 1, 0).people).toEqual([all[0]]);
  expect(stripPage([], own, 4, 0)).toMatchObject({ people: [own], pages: 1 });
});
