import { describe, expect, test } from "vitest";
import {
  rememberChoice,
  rememberedChoice,
  rememberedWeakInternet,
  rememberWeakInternet,
} from "../../src/call/choice";

function storage(content: string | null): () => Storage {
  let text = content;
  const set = (_: string, value: string) => {
    text = value;
  };
  const kept = { getItem: () => text, setItem: set } as Partial<Storage> as Storage;
  return () => kept;
}

const nothing = { microphone: "", camera: "", speaker: "" };

test("what is remembered comes back", () => {
  const kept = storage(null);
  const choice = { microphone: "m", camera: "c", speaker: "" };
  rememberChoice(kept, choice);
  expect(rememberedChoice(kept)).toEqual(choice);
});

test.each([null, "{", "5", '{"camera": 7}'])("%s is no choice", (content) => {
  expect(rememberedChoice(storage(content))).toEqual(nothing);
});

const forbidden = (): Storage => {
  throw new DOMException("", "SecurityError");
};

test("a browser that forbids storage remembers nothing", () => {
  expect(rememberedChoice(forbidden)).toEqual(nothing);
  rememberChoice(forbidden, nothing);
});

describe("weak-internet mode", () => {
  test("is remembered until it is turned off", () => {
    const kept = new Map<string, string>();
    const storage = () =>
      ({
        getItem: (key: string) => kept.get(key) ?? null,
        setItem: (key: string, value: string) => kept.set(key, value),
        removeItem: (key: string) => kept.delete(key),
      }) as unknown as Storage;
    expect(rememberedWeakInternet(storage)).toBe(false);
    rememberWeakInternet(storage, true);
    expect(rememberedWeakInternet(storage)).toBe(true);
    rememberWeakInternet(storage, false);
    expect(rememberedWeakInternet(storage)).toBe(false);
  });

  test("is off where nothing may be remembered", () => {
    rememberWeakInternet(forbidden, true);
    expect(rememberedWeakInternet(forbidden)).toBe(false);
  });
});
