import { beforeEach, expect, test } from "vitest";
import { Cover, sourceOf } from "../../src/call/covers";

const anna = sourceOf(1, "camera");
const boris = sourceOf(2, "camera");

let cover: Cover;

beforeEach(() => {
  cover = new Cover();
});

test("the source is named as the server names it", () => {
  expect(sourceOf(5, "microphone")).toBe(20);
  expect(sourceOf(5, "screen")).toBe(22);
});

test("opens when the announced source arrives, and says so once", () => {
  cover.expect(anna, 0);
  expect(cover.see([], 10)).toBe(false);
  expect(cover.see([{ source: anna, timestamp: 5 }], 20)).toBe(true);
  expect(cover.open).toBe(true);
  expect(cover.see([{ source: anna, timestamp: 6 }], 30)).toBe(false);
});

test("stays covered while the previous person's packets go on", () => {
  cover.expect(anna, 0);
  cover.see([{ source: anna, timestamp: 5 }], 20);
  cover.expect(boris, 2_000);
  expect(cover.open).toBe(false);
  cover.see([{ source: anna, timestamp: 2_010 }], 2_040);
  expect(cover.open).toBe(false);
  const both = [
    { source: anna, timestamp: 2_010 },
    { source: boris, timestamp: 2_050 },
  ];
  cover.see(both, 2_060);
  expect(cover.open).toBe(true);
});

test("the newest entry decides, not the order of the list", () => {
  cover.expect(boris, 0);
  const entries = [
    { source: boris, timestamp: 5 },
    { source: anna, timestamp: 9 },
  ];
  cover.see(entries, 10);
  expect(cover.open).toBe(false);
});

test("covers again when another source appears unasked", () => {
  cover.expect(anna, 0);
  cover.see([{ source: anna, timestamp: 5 }], 20);
  expect(cover.see([{ source: boris, timestamp: 6 }], 30)).toBe(true);
  expect(cover.open).toBe(false);
});

test("back to the first person within a moment: old packets prove nothing", () => {
  cover.expect(anna, 0);
  cover.see([{ source: anna, timestamp: 5 }], 2_000);
  cover.expect(boris, 2_010);
  cover.expect(anna, 2_100);
  cover.see([{ source: anna, timestamp: 2_110 }], 2_120);
  expect(cover.open).toBe(false);
  cover.see([{ source: boris, timestamp: 2_150 }], 2_160);
  cover.see([{ source: anna, timestamp: 2_300 }], 2_310);
  expect(cover.open).toBe(false);
  cover.see([{ source: anna, timestamp: 3_090 }], 3_100);
  expect(cover.open).toBe(true);
});

test("a camera that was off needs a newer picture than the last one", () => {
  cover.expect(anna, 0);
  cover.see([{ source: anna, timestamp: 5 }], 20);
  cover.close();
  cover.see([{ source: anna, timestamp: 5 }], 4_000);
  expect(cover.open).toBe(false);
  cover.see([{ source: anna, timestamp: 4_010 }], 4_020);
  expect(cover.open).toBe(true);
});

test("a new peer connection starts from nothing, with a clock of its own", () => {
  cover.expect(anna, 0);
  cover.see([{ source: anna, timestamp: 5_000 }], 20);
  cover.reset();
  expect(cover.open).toBe(false);
  cover.see([{ source: anna, timestamp: 3 }], 40);
  expect(cover.open).toBe(true);
});

test("an empty slot shows nothing", () => {
  cover.expect(anna, 0);
  cover.see([{ source: anna, timestamp: 5 }], 20);
  cover.expect(null, 30);
  cover.see([{ source: anna, timestamp: 6 }], 40);
  expect(cover.open).toBe(false);
});
