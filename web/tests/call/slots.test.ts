import { expect, test } from "vitest";
import { assign, noTiles, slotsFor, toView, VIDEO_SLOTS } from "../../src/call/slots";
import type { WantedTile } from "../../src/call/state";

function camera(participant: number, height = 180): WantedTile {
  return { participant, kind: "camera", height };
}

function people(slots: readonly (WantedTile | null)[]): (number | null)[] {
  return slots.map((tile) => tile?.participant ?? null);
}

test("tiles fill the slots in order", () => {
  const slots = assign(noTiles, [camera(4), camera(2)]);
  expect(people(slots).slice(0, 3)).toEqual([4, 2, null]);
});

test("a tile that stays keeps its slot, whatever the order of wishes", () => {
  const before = assign(noTiles, [camera(1), camera(2), camera(3)]);
  const after = assign(before, [camera(3, 720), camera(5), camera(2)]);
  expect(after[2]).toEqual(camera(3, 720));
  expect(after[1]?.participant).toBe(2);
  expect(people(after)).toContain(5);
  expect(people(after)).not.toContain(1);
});

test("a newcomer takes a slot that was empty before one that was another's", () => {
  const before = assign(noTiles, [camera(1), camera(2)]);
  const after = assign(before, [camera(2), camera(3)]);
  expect(people(after).slice(0, 3)).toEqual([null, 2, 3]);
});

test("camera and screen of one person are two tiles; the same wish twice is one", () => {
  const screen: WantedTile = { participant: 1, kind: "screen", height: 720 };
  const slots = assign(noTiles, [camera(1), screen, camera(1)]);
  expect(people(slots)).toEqual([1, 1, ...Array(VIDEO_SLOTS - 2).fill(null)]);
});

test("the most important tiles are carried when there are too many", () => {
  const before = assign(noTiles, [camera(99)]);
  const wanted = Array.from({ length: VIDEO_SLOTS + 3 }, (_, index) => camera(index + 1));
  const shown = people(assign(before, wanted)).sort((a, b) => Number(a) - Number(b));
  expect(shown).toEqual(Array.from({ length: VIDEO_SLOTS }, (_, at) => at + 1));
});

test("the view names the slots that carry something, in whole pixels within bounds", () => {
  const slots = assign(noTiles, [camera(7, 179.6), camera(8, 0), camera(9, 9000)]);
  expect(toView(slots)).toEqual([
    { slot: 0, participant: 7, kind: "camera", height: 180 },
    { slot: 1, participant: 8, kind: "camera", height: 1 },
    { slot: 2, participant: 9, kind: "camera", height: 4320 },
  ]);
});

test("a phone negotiates fewer slots", () => {
  expect(slotsFor({ width: 360, height: 740 })).toBe(9);
  expect(slotsFor({ width: 740, height: 360 })).toBe(9);
  expect(slotsFor({ width: 1280, height: 720 })).toBe(25);
  expect(slotsFor(undefined)).toBe(25);
});

test("few frames are said to the server, all are the rule", () => {
  const few: WantedTile = { participant: 1, kind: "screen", height: 720, frames: "few" };
  expect(toView(assign(noTiles, [few, camera(2)]))).toEqual([
    { slot: 0, participant: 1, kind: "screen", height: 720, frames: "few" },
    { slot: 1, participant: 2, kind: "camera", height: 180 },
  ]);
});
