// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { watchNetwork } from "../../src/call/network";

const events = { changed: vi.fn(), back: vi.fn() };
const connection = Object.assign(new EventTarget(), { type: "wifi" as string | undefined });
let stop: () => void;

beforeEach(() => {
  vi.stubGlobal("navigator", { connection });
  connection.type = "wifi";
  stop = watchNetwork(events);
});

afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  vi.clearAllMocks();
});

function told(): [number, number] {
  return [events.changed.mock.calls.length, events.back.mock.calls.length];
}

test("another kind of network is another network, another estimate of it is none", () => {
  connection.dispatchEvent(new Event("change"));
  expect(told()).toEqual([0, 0]);
  connection.type = "cellular";
  connection.dispatchEvent(new Event("change"));
  connection.dispatchEvent(new Event("change"));
  expect(told()).toEqual([1, 0]);
  dispatchEvent(new Event("online"));
  expect(told()).toEqual([2, 0]);
});

test("who looks at the page again may have slept", () => {
  const sight = vi.spyOn(document, "visibilityState", "get");
  for (const state of ["hidden", "visible"] as const) {
    sight.mockReturnValue(state);
    document.dispatchEvent(new Event("visibilitychange"));
  }
  expect(told()).toEqual([0, 1]);
  stop();
  document.dispatchEvent(new Event("visibilitychange"));
  expect(told()).toEqual([0, 1]);
});
