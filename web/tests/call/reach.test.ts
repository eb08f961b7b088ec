import { expect, test } from "vitest";
import { ENOUGH, type Gathering, judge, overall, type Reach } from "../../src/call/reach";

const begun: Gathering = { age: 100, hosts: 2, answered: false, failed: false, complete: false };

test.each([
  ["nothing has come yet", {}, "checking"],
  ["a candidate by an answer", { answered: true }, "reachable"],
  ["over early: the answer said what was known already", { complete: true }, "reachable"],
  ["over early: the server could not be asked", { complete: true, failed: true }, "unknown"],
  ["over early: this browser may not use UDP at all", { complete: true, hosts: 0 }, "blocked"],
  ["silence to the end", { age: ENOUGH }, "blocked"],
  ["silence, and the browser gave up", { age: 11_000, complete: true, failed: true }, "blocked"],
  ["a late answer", { age: 20_000, answered: true }, "reachable"],
] as const)("%s", (_what, change, reach) => {
  expect(judge({ ...begun, ...change })).toBe(reach);
});

test.each<[Reach[], Reach]>([
  [["blocked", "reachable", "checking"], "reachable"],
  [["blocked", "checking", "unknown"], "checking"],
  [["unknown", "blocked"], "blocked"],
  [["unknown", "unknown"], "unknown"],
  [[], "unknown"],
])("of several addresses, %j: %s", (servers, reach) => {
  expect(overall(servers)).toBe(reach);
});

test("silence is called so within ten seconds", () => {
  expect(ENOUGH).toBeLessThan(10_000);
});
