import { describe, expect, test } from "vitest";
import { spare } from "../../src/call/sparing";
import type { Person, Role, WantedTile } from "../../src/call/state";
import { person } from "../ui/fake-call";

const camera = (participant: number, height = 720): WantedTile => ({
  participant,
  kind: "camera",
  height,
});
const screenOf = (participant: number): WantedTile => ({
  participant,
  kind: "screen",
  height: 1080,
});

function people(...roles: [number, Role, boolean][]) {
  const known = new Map<number, Person>(
    roles.map(([number, role, on]) => [number, person(number, { role, camera: on })]),
  );
  return (number: number) => known.get(number);
}

const lesson = people([1, "host", true], [2, "guest", true], [3, "guest", true]);

test("the screen stays as sharp with few frames, the teacher is small, the rest is off", () => {
  const { asked, spared } = spare([screenOf(2), camera(1), camera(2), camera(3)], lesson);
  expect(asked).toEqual([
    { participant: 2, kind: "screen", height: 1080, frames: "few" },
    { participant: 1, kind: "camera", height: 180, frames: "few" },
  ]);
  expect([...spared]).toEqual(["2:camera", "3:camera"]);
});

test("a tile that is lower than that asks for no more than it needs", () => {
  expect(spare([camera(1, 90)], lesson).asked).toEqual([{ ...camera(1, 90), frames: "few" }]);
});

describe("of several moderators", () => {
  const teacher = (who: ReturnType<typeof people>) =>
    spare([camera(4), camera(5), camera(6)], who).asked.map((tile) => tile.participant);

  test("a host goes before an assistant", () => {
    const who = people([4, "co_admin", true], [5, "host", true], [6, "host", true]);
    expect(teacher(who)).toEqual([5]);
  });

  test("one who shows himself goes before one who does not", () => {
    expect(teacher(people([4, "host", false], [5, "co_admin", true]))).toEqual([5]);
  });

  test("pupils are never taken for one", () => {
    expect(teacher(people([4, "guest", true], [5, "participant", true]))).toEqual([]);
  });
});

test("while two talk the teacher gives way to their voices, the screen does not", () => {
  const { asked, spared } = spare([screenOf(2), camera(1), camera(2)], lesson, true);
  expect(asked.map(({ kind }) => kind)).toEqual(["screen"]);
  expect([...spared]).toEqual(["1:camera", "2:camera"]);
});

test("somebody of whom nothing is known yet is no teacher", () => {
  expect(spare([camera(9)], lesson).asked).toEqual([]);
});
