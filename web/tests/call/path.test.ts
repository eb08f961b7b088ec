import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MediaPath } from "../../src/call/path";
import { VIDEO_SLOTS } from "../../src/call/slots";
import type { ClientMessage, Welcome } from "../../src/wire/messages";
import { FakeConnection, fakeBrowser, settle } from "./fake-browser";

let live: boolean;
let sent: ClientMessage[];
let path: MediaPath;

function welcome(resumed: boolean): Welcome {
  const roster = { sequence: 0, total: 1, participants: [] };
  return { type: "welcome", you: 1, role: "host", title: "", resume: "r", resumed, roster };
}

function lost(code: string, details = {}) {
  return { code, message: "", details };
}

const offers = () => sent.map((message) => (message.type === "offer" ? message.id : -1));
const newest = () => FakeConnection.all.at(-1) as FakeConnection;

beforeEach(async () => {
  vi.useFakeTimers();
  fakeBrowser();
  live = true;
  sent = [];
  path = new MediaPath({
    live: () => live,
    send: (message) => sent.push(message),
    crowd: () => 2000,
    replaced: () => undefined,
    changed: () => undefined,
  });
  path.welcomed(welcome(false));
  await settle();
});

afterEach(() => {
  path.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function connect(): Promise<void> {
  await path.answered(offers().at(-1) ?? -1, "answer");
  newest().become("connected");
}

test("the sections are offered in the order the server relies on", () => {
  expect(newest().kinds).toEqual([
    "sendonly audio",
    "sendonly video",
    "sendonly video",
    "sendonly audio",
    ...Array(4).fill("recvonly audio"),
    ...Array(VIDEO_SLOTS).fill("recvonly video"),
  ]);
  expect(newest().configuration.bundlePolicy).toBe("max-bundle");
  expect(offers()).toEqual([0]);
});

test("a resumed seat with a running connection needs no offer", async () => {
  await connect();
  path.welcomed(welcome(true));
  await settle();
  expect(offers()).toEqual([0]);
});

test("an offer whose answer was lost with the socket is made again", async () => {
  path.welcomed(welcome(true));
  await settle();
  expect(offers()).toEqual([0, 1]);
  expect(FakeConnection.all).toHaveLength(1);
  await path.answered(0, "too late");
  expect(path.peer?.answered).toBe(false);
});

test("a new seat needs a new connection", async () => {
  await connect();
  path.welcomed(welcome(false));
  await settle();
  expect(FakeConnection.all).toHaveLength(2);
  expect(FakeConnection.all[0]?.connectionState).toBe("closed");
  expect(offers()).toEqual([0, 1]);
});

test("a repair waits for the socket", async () => {
  await connect();
  live = false;
  newest().become("failed");
  await settle();
  expect(offers()).toEqual([0]);
  live = true;
  path.welcomed(welcome(true));
  await settle();
  expect(offers()).toEqual([0, 1]);
  expect(newest().restarts).toEqual([false, true]);
});

test("what the server lost is built anew, not by everybody at once", async () => {
  await connect();
  expect(path.refused(0, lost("session_lost"))).toBe(true);
  await settle();
  expect(FakeConnection.all).toHaveLength(1);
  vi.advanceTimersByTime(1_500);
  await settle();
  expect(FakeConnection.all).toHaveLength(2);
});

test("numbers go on from those another page used", async () => {
  expect(path.refused(0, lost("stale_offer", { last: 7 }))).toBe(true);
  await settle();
  expect(offers()).toEqual([0, 8]);
});

test("an error that is of no offer is somebody else's", () => {
  expect(path.refused(5, lost("session_lost"))).toBe(false);
});

test("what is lost is built anew though an ICE restart is under way", async () => {
  await connect();
  newest().become("failed");
  await settle();
  expect(offers()).toEqual([0, 1]);
  expect(path.refused(0, lost("session_lost"))).toBe(true);
  expect(path.refused(1, lost("session_lost"))).toBe(true);
  vi.advanceTimersByTime(1_500);
  await settle();
  expect(FakeConnection.all).toHaveLength(2);
  expect(offers()).toEqual([0, 1, 2]);
});

test("what is said of a connection that was given up since concerns nobody", async () => {
  await connect();
  path.refused(0, lost("media_lost"));
  vi.advanceTimersByTime(1_500);
  await settle();
  await connect();
  expect(path.refused(0, lost("session_lost"))).toBe(true);
  vi.advanceTimersByTime(60_000);
  await settle();
  expect(offers()).toEqual([0, 1]);
});

test("an offer that is refused for another reason is made again after a while", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  expect(path.refused(0, lost("worker_full"))).toBe(true);
  path.beat(performance.now());
  await settle();
  expect(offers()).toEqual([0]);
  vi.advanceTimersByTime(1_000);
  path.beat(performance.now());
  await settle();
  expect(offers()).toEqual([0, 1]);
});

test("blocked is said only when the server answered and nothing came through", async () => {
  vi.advanceTimersByTime(8_000);
  path.beat(performance.now());
  await settle();
  expect(path.blocked).toBe(false);
  await path.answered(0, "answer");
  vi.advanceTimersByTime(8_000);
  path.beat(performance.now());
  expect(path.blocked).toBe(true);
});

test("layers that nobody shows are paused, also when that was said before the answer", async () => {
  await path.peer?.publish(["q"], false);
  await connect();
  const [, camera, screen] = newest().senders;
  const active = camera?.parameters.encodings.map(({ rid, active }) => [rid, active]);
  expect(active).toEqual([
    ["q", true],
    ["h", false],
    ["f", false],
  ]);
  expect(screen?.parameters.encodings[0]?.active).toBe(false);
  expect(camera?.parameters.degradationPreference).toBe("maintain-resolution");
});
