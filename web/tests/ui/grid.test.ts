import { expect, test } from "vitest";
import {
  fitBox,
  fitGrid,
  isPhone,
  pageCount,
  pageOf,
  pageSize,
  UPRIGHT,
} from "../../src/ui/call/grid";
import { planStrip } from "../../src/ui/call/strip";

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

test("phones show four to a page in either direction, others nine", () => {
  expect(pageSize({ width: 360, height: 740 })).toBe(4);
  expect(pageSize({ width: 740, height: 360 })).toBe(4);
  expect(pageSize({ width: 1280, height: 720 })).toBe(9);
  expect(isPhone({ width: 1920, height: 1080 })).toBe(false);
});

test("pages cover everybody once", () => {
  const all = Array.from({ length: 29 }, (_, at) => at);
  expect(pageCount(29, 9)).toBe(4);
  expect(pageCount(0, 9)).toBe(1);
  expect([0, 1, 2, 3].flatMap((page) => pageOf(all, page, 9))).toEqual(all);
});

test("the strip leaves the rest to the large picture", () => {
  const wide = planStrip({ width: 1248, height: 620 }, false);
  expect(wide.rest.width + wide.tile.width + 8).toBe(1248);
  expect(wide.count).toBe(4);
  const upright = planStrip({ width: 344, height: 640 }, false);
  expect(upright.count).toBe(3);
  expect(upright.rest.height + upright.tile.height + 8).toBe(640);
  expect(planStrip({ width: 344, height: 640 }, true).count).toBe(0);
});
