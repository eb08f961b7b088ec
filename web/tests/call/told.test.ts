import { expect, test } from "vitest";
import { heard, isState } from "../../src/call/told";

test("what the engine makes something of is no state of its own", () => {
  expect(isState({ type: "pong" })).toBe(false);
  expect(isState({ type: "speakers", participants: [] })).toBe(false);
  expect(isState({ type: "size", size: 60, turned_away: 0 })).toBe(true);
});

test("of each type the last word holds", () => {
  const before = heard({}, { type: "size", size: 60, turned_away: 0 });
  const after = heard(before, { type: "size", size: 90, turned_away: 2 });
  expect(before.size?.size).toBe(60);
  expect(after).toEqual({ size: { type: "size", size: 90, turned_away: 2 } });
});
