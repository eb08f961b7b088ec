import { expect, test } from "vitest";
import { Roster } from "../../src/call/roster";
import type { Participant } from "../../src/wire/messages";

function person(number: number, camera = false): Participant {
  return { number, name: `№${number}`, role: "guest", media: { camera } };
}

function numbers(roster: Roster): number[] {
  return roster.people().map((each) => each.number);
}

test("a snapshot, then what joined, changed and left", () => {
  const roster = new Roster(1, { sequence: 3, total: 2, participants: [person(1), person(2)] });
  roster.apply({
    type: "change",
    sequence: 4,
    total: 2,
    joined: [person(3)],
    changed: [person(1, true)],
    left: [2],
  });
  expect(numbers(roster)).toEqual([1, 3]);
  expect(roster.get(1)).toMatchObject({ camera: true, self: true, present: true, quality: "good" });
  expect(roster.get(3)?.self).toBe(false);
  expect(roster.total).toBe(2);
});

test("a change of somebody outside the snapshot adds them", () => {
  const roster = new Roster(1, { sequence: 0, total: 900, participants: [person(1)] });
  roster.apply({ type: "change", sequence: 1, total: 901, changed: [person(777, true)] });
  expect(roster.get(777)?.camera).toBe(true);
});
