import { beforeEach, expect, test } from "vitest";
import { Fluency } from "../../src/call/fluency";

const MOST: Record<string, number> = { q: 150_000, h: 500_000, f: 1_800_000 };
let fluency: Fluency;
let now: number;
let encoded: number;
let taken: number;

beforeEach(() => {
  fluency = new Fluency();
  [now, encoded, taken] = [1_000_000, 0, 0];
});

/** Seconds in which so many pictures of 25 are sent. Whether they are to be smaller, after each. */
function seconds(count: number, rid: string, given: number, pictures = 25): boolean[] {
  return Array.from({ length: count }, () => {
    now += 1000;
    encoded += pictures;
    taken += 25;
    return fluency.add(now, { rid, encoded, taken, given, most: MOST[rid] ?? 0 });
  });
}

test("pictures of which too many are left out become smaller after four seconds, and stay so", () => {
  expect(seconds(8, "h", 190_000, 14)).toEqual([...Array(4).fill(false), ...Array(4).fill(true)]);
  // The estimate of a narrow line sways.
  for (const given of [180_000, 260_000, 180_000, 290_000]) {
    expect(seconds(5, "h", given)).not.toContain(false);
  }
});

test("the smallest layer, too", () => {
  expect(seconds(5, "q", 45_000, 15).at(-1)).toBe(true);
});

test("one picture in eight left out is seen", () => {
  expect(seconds(5, "f", 750_000, 22).at(-1)).toBe(true);
});

test("all pictures, and those of who films few, are as large as ever", () => {
  expect(seconds(60, "h", 190_000, 23)).not.toContain(true);
  for (let second = 0; second < 60; second += 1) {
    now += 1000;
    encoded += 10;
    taken += 10;
    expect(fluency.add(now, { rid: "f", encoded, taken, given: 600_000, most: 1_800_000 })).toBe(
      false,
    );
  }
});

test("what is missing though the line bears enough is the computer's fault, and no reason", () => {
  expect(seconds(60, "f", 1_800_000, 10)).not.toContain(true);
  expect(seconds(60, "q", 150_000, 10)).not.toContain(true);
});

test("they are large again once the line bears all of them, and then stay so", () => {
  seconds(10, "h", 190_000, 14);
  expect(seconds(9, "h", 500_000).at(-1)).toBe(false);
  seconds(9, "f", 900_000, 18);
  expect(seconds(20, "f", 900_000).at(-1)).toBe(true);
  expect(seconds(20, "f", 1_500_000).at(-1)).toBe(false);
  expect(seconds(60, "f", 1_500_000)).not.toContain(true);
});

test("a layer that had next to nothing tells of what is needed all the same", () => {
  expect(seconds(5, "f", 150_000, 4).at(-1)).toBe(true);
  expect(seconds(40, "h", 205_000)).not.toContain(false);
});

test("what the largest layer has shown a smaller one need not show once more", () => {
  expect(seconds(3, "f", 150_000, 4)).not.toContain(true);
  expect(seconds(20, "h", 190_000)).not.toContain(false);
});

test("a smaller layer for which that much is enough is as large as ever, and so is a larger one", () => {
  seconds(3, "f", 600_000, 16);
  expect(seconds(20, "h", 300_000)).not.toContain(true);
  fluency = new Fluency();
  seconds(3, "h", 150_000, 12);
  expect(seconds(3, "f", 900_000)).not.toContain(true);
});

test("that has what it may have is large", () => {
  seconds(5, "f", 1_500_000, 10);
  expect(seconds(20, "f", 1_700_000).at(-1)).toBe(false);
});

test("larger ones are tried again, later each time in vain", () => {
  const tried: number[] = [];
  let small = false;
  for (let second = 0; second < 1500; second += 1) {
    const before: boolean = small;
    small = seconds(1, "h", 190_000, before ? 25 : 14)[0] === true;
    if (before && !small) tried.push(second);
  }
  const waits = tried.slice(1).map((second, before) => second - (tried[before] ?? 0));
  expect(waits.length).toBeGreaterThan(2);
  expect(waits).toEqual([...waits].sort((one, other) => one - other));
  expect(waits.at(-1)).toBeGreaterThan(400);
});

test("pictures that are not sent tell nothing", () => {
  seconds(5, "h", 190_000, 14);
  for (let second = 0; second < 300; second += 1) {
    now += 1000;
    expect(fluency.add(now, null)).toBe(true);
  }
});
