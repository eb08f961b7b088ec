import { beforeEach, expect, test } from "vitest";
import { type Counted, Hearing } from "../../src/call/silence";

const first: Counted = {
  now: 0,
  connected: true,
  bytesSent: 0,
  bytesReceived: 1000,
  heard: 1000,
  packetsReceived: 10,
  picturesReceived: 5,
  packetsSent: 20,
  packetsLost: 0,
  sendLoss: null,
  jitterMs: 3,
  rttMs: 20,
  share: null,
  sendLine: null,
  sendHeight: 720,
  candidate: "host udp → host",
  expecting: false,
};
const sending = { packetsSent: 30 };
const arrived = { bytesReceived: 2000, heard: 2000, picturesReceived: 9 };

let hearing: Hearing;

beforeEach(() => {
  hearing = new Hearing();
  hearing.add(first);
});

function later(now: number, change: Partial<Counted>): Counted {
  return { ...first, now, ...change };
}

test("the server is never silent, even where nobody is shown and nothing is sent", () => {
  expect(hearing.add(later(1_000, {})).transport).toBe(0);
  expect(hearing.add(later(2_000, {})).transport).toBe(0);
  expect(hearing.add(later(3_000, arrived)).transport).toBeNull();
});

test("somebody's camera that is said to be on and sends nothing is no fault of the line", () => {
  const nothingToSay = (heard: number) => ({ expecting: true, bytesReceived: heard, heard });
  for (let second = 1; second < 30; second += 1) {
    const sample = later(second * 1_000, nothingToSay(1000 + second * 30));
    expect(hearing.add(sample).transport).toBeNull();
  }
});

test("a path that is still being looked for is not silent yet", () => {
  expect(hearing.add(later(1_000, { connected: false })).transport).toBeNull();
});

test("what is no media counts as well", () => {
  for (let second = 1; second < 10; second += 1) {
    const heard = 1000 + second * 56;
    expect(hearing.add(later(second * 1_000, { heard, expecting: true })).transport).toBeNull();
  }
  expect(hearing.add(later(10_000, { heard: 1_504 })).transport).toBe(9_000);
});

test("where the browser hides reports, only awaited pictures prove a silence", () => {
  const firefox = { heard: null };
  hearing.add(later(1_000, firefox));
  expect(hearing.add(later(2_000, { ...firefox, ...sending })).transport).toBeNull();
  expect(hearing.add(later(3_000, { ...firefox, ...sending, expecting: true })).transport).toBe(
    2_000,
  );
});

test("without a path nothing comes, and the silence goes on until something does", () => {
  hearing.add(later(1_000, {}));
  expect(hearing.add(later(2_000, { connected: false })).transport).toBe(0);
  expect(hearing.add(later(3_000, {})).transport).toBe(0);
  expect(hearing.add(later(4_000, arrived)).transport).toBeNull();
});

test("pictures may be missing while the line is alive", () => {
  const alive = { expecting: true, bytesReceived: 2000, heard: 2000 };
  expect(hearing.add(later(1_000, alive))).toEqual({ transport: null, pictures: 0 });
  expect(hearing.add(later(2_000, { ...alive, expecting: false })).pictures).toBeNull();
});

test("another connection counts from the beginning", () => {
  hearing.add(later(1_000, sending));
  expect(hearing.add(later(2_000, { packetsSent: 0 }))).toEqual({
    transport: null,
    pictures: null,
  });
});

test("losses are not judged until a while after an interruption", () => {
  expect(hearing.unsettled(3_999)).toBe(true);
  expect(hearing.unsettled(4_000)).toBe(false);
  hearing.add(later(10_000, sending));
  expect(hearing.unsettled(13_999)).toBe(true);
  hearing.add(later(11_000, arrived));
  expect(hearing.unsettled(13_999)).toBe(true);
  expect(hearing.unsettled(14_000)).toBe(false);
});
