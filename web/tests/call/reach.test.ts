import { expect, test } from "vitest";
import { ENOUGH, type Gathering, judge } from "../../src/call/reach";

const begun: Gathering = {
  age: 100,
  asked: 2,
  failed: 0,
  hosts: 2,
  answered: false,
  complete: false,
};

test.each([
  ["nothing has come yet", {}, "checking"],
  ["a candidate by an answer", { answered: true }, "reachable"],
  ["over early: the answers said what was known already", { complete: true }, "reachable"],
  ["over early, one server not of our kind of address", { complete: true, failed: 1 }, "reachable"],
  ["over early: no server could be asked", { complete: true, failed: 2 }, "unknown"],
  ["over early: this browser may not use UDP at all", { complete: true, hosts: 0 }, "unknown"],
  ["silence to the end", { age: ENOUGH }, "blocked"],
  ["silence, and the browser gave up", { age: 11_000, complete: true, failed: 2 }, "blocked"],
  ["a late answer", { age: 20_000, answered: true }, "reachable"],
  ["nobody to ask", { asked: 0, complete: true }, "unknown"],
] as const)("%s", (_what, change, reach) => {
  expect(judge({ ...begun, ...change })).toBe(reach);
});

test("silence is called so within ten seconds", () => {
  expect(ENOUGH).toBeLessThan(10_000);
});
