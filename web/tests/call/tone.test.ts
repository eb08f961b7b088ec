import { afterEach, expect, test, vi } from "vitest";
import { playTone } from "../../src/call/tone";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a browser that gives no sound at all could not play it", async () => {
  vi.stubGlobal("Audio", class {});
  vi.stubGlobal(
    "AudioContext",
    class {
      constructor() {
        throw new DOMException("", "NotSupportedError");
      }
    },
  );
  expect(await playTone("")).toBe(false);
});
