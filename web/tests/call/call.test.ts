// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { RunningCall } from "../../src/call/call";
import { fakeLocal } from "../ui/fake-call";
import { FakeSocket, fakeBrowser } from "./fake-browser";

const entered = {
  grant: "g",
  since: 0,
  resume: "r",
  lesson: "l",
  path: "/api/call",
  name: "Аня",
};
const ask = vi.fn(async (_path: string, _init: RequestInit) => ({ ok: true, status: 204 }));

beforeEach(() => {
  fakeBrowser();
  ask.mockClear();
  vi.stubGlobal("fetch", ask);
});

afterEach(() => vi.unstubAllGlobals());

function call(): RunningCall {
  return new RunningCall(entered, "wss://school/api/call", fakeLocal(), () => undefined);
}

function asked(): unknown[] {
  return ask.mock.calls.map(([path, { body }]) => [path, JSON.parse(String(body)).left]);
}

test("whoever leaves gives up the seat, once, though the call is closed after that", () => {
  const left = call();
  left.actions.leave();
  left.close();
  expect(asked()).toEqual([["/api/seat/closed", true]]);
});

test("a call that is closed is left", () => {
  call().close();
  expect(asked()).toEqual([["/api/seat/closed", true]]);
});

test("a call that has ended, or goes on in another tab, is not left", () => {
  for (const reason of ["ended", "replaced"]) {
    const over = call();
    const socket = FakeSocket.all.at(-1);
    socket?.onopen?.();
    socket?.say({ type: "ended", reason });
    expect(over.state.phase.value).toBe("ended");
    over.close();
  }
  expect(asked()).toEqual([]);
});
