import { expect, test } from "vitest";
import { bannerSince, seatKept } from "../../src/call/banner";

test.each([
  [null, null, null],
  [1_000, null, null],
  [900, null, 900],
  [null, 500, 500],
  [2_500, 100, 100],
])("socket cut at %s, media at %s: told since %s", (socket, media, since) => {
  expect(bannerSince({ socket, media }, 2_999)).toBe(since);
});

test.each([
  [1_000, null, true],
  [999, null, false],
  [null, 0, true],
  [1_000, 0, true],
])("socket cut at %s, media at %s: at 90 999 the seat is kept: %s", (socket, media, kept) => {
  expect(seatKept({ socket, media }, 90_999)).toBe(kept);
});
