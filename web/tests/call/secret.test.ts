import { expect, test } from "vitest";
import { secretWord } from "../../src/call/secret";

test("each page has a word of its own, as the protocol allows it", () => {
  expect(secretWord()).toMatch(/^[\w-]{22}$/);
  expect(secretWord()).not.toBe(secretWord());
});
