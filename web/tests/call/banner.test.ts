import { expect, test } from "vitest";
import { bannerSince } from "../../src/call/banner";

test.each([
  [null, null, null],
  [1_000, null, null],
  [900, null, 900],
  [null, 500, 500],
  [2_500, 100, 100],
])("socket cut at %s, media at %s: told since %s", (socket, media, since) => {
  expect(bannerSince({ socket, media }, 2_999)).toBe(since);
});
