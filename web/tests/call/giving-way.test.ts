import { expect, test } from "vitest";
import { GivingWay } from "../../src/call/giving-way";

/** What is found each quarter of a second while so many are heard. */
function heard(...talkers: [many: number, ms: number][]): string {
  const giving = new GivingWay();
  let now = 0;
  let found = "";
  for (const [many, ms] of talkers) {
    for (const end = now + ms; now < end; now += 250) found += giving.hear(many, now) ? "x" : "-";
  }
  return found;
}

test("one voice leaves room", () => {
  expect(heard([0, 1_000], [1, 2_000])).not.toContain("x");
});

test("two that meet for a moment are no talk", () => {
  expect(heard([1, 1_000], [2, 1_000], [1, 1_000])).not.toContain("x");
});

test("while two talk, and a while after, it gives way", () => {
  expect(heard([2, 2_000])).toBe("----xxxx");
  expect(heard([2, 1_250], [1, 3_000], [3, 500], [0, 4_500])).toBe(
    `----${"x".repeat(1 + 12 + 2 + 16)}--`,
  );
});
