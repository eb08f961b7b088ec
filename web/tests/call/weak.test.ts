import { expect, test } from "vitest";
import type { Awaiting } from "../../src/call/silence";
import { Weakness } from "../../src/call/weak";

const calm: Awaiting = {
  now: 0,
  connected: true,
  bytesSent: 0,
  bytesReceived: 0,
  heard: 0,
  packetsReceived: 0,
  picturesReceived: 0,
  packetsSent: 0,
  packetsLost: 0,
  sendLoss: null,
  jitterMs: 3,
  rttMs: 20,
  share: null,
  receiveShare: null,
  sendLine: null,
  sendHeight: 720,
  candidate: "host udp → host",
  unsettled: false,
  expecting: false,
};

/** Samples every two seconds from `from`; `per` is what each second brings. */
function feed(
  weakness: Weakness,
  seconds: number,
  per: { received: number; lost?: number },
  change: Partial<Awaiting> = {},
  from = calm,
): { warned: boolean; last: Awaiting } {
  let last = from;
  let warned = weakness.add({ ...from, ...change });
  for (let passed = 2; passed <= seconds; passed += 2) {
    last = {
      ...from,
      now: from.now + passed * 1000,
      packetsReceived: from.packetsReceived + passed * per.received,
      packetsLost: from.packetsLost + passed * (per.lost ?? 0),
      ...change,
    };
    warned = weakness.add(last);
  }
  return { warned, last };
}

test.each([
  ["a third of the packets lost", { received: 65, lost: 35 }, {}, true],
  ["a quarter lost is bad, but bearable", { received: 75, lost: 25 }, {}, false],
  ["a few packets lost in silence", { received: 1, lost: 3 }, {}, false],
  ["a third of one's own packets lost", { received: 100 }, { sendLoss: 0.35 }, true],
  ["two seconds there and back", { received: 100 }, { rttMs: 2_000 }, true],
  ["a second there and back", { received: 100 }, { rttMs: 1_000 }, false],
  ["a camera of which hardly anything comes", { received: 5 }, { expecting: true }, true],
  ["a camera that comes", { received: 25 }, { expecting: true }, false],
  ["silence while nobody is to be seen", { received: 0 }, {}, false],
  ["no connection: that is told otherwise", { received: 0 }, { connected: false }, false],
] as const)("%s", (_what, per, change, warned) => {
  expect(feed(new Weakness(), 6, per, change).warned).toBe(warned);
});

test("a moment is no reason", () => {
  expect(feed(new Weakness(), 4, { received: 50, lost: 50 }).warned).toBe(false);
});

test("the warning goes some time after the last reason", () => {
  const weakness = new Weakness();
  const { last } = feed(weakness, 6, { received: 50, lost: 50 });
  const good = feed(weakness, 10, { received: 100 }, {}, last);
  expect(good.warned).toBe(true);
  expect(feed(weakness, 6, { received: 100 }, {}, good.last).warned).toBe(false);
});

test("a new connection begins anew", () => {
  const weakness = new Weakness();
  feed(weakness, 4, { received: 50, lost: 50 }, {}, { ...calm, packetsReceived: 900 });
  expect(weakness.add({ ...calm, now: 6_000, packetsReceived: 1, packetsLost: 1 })).toBe(false);
});

test("what was lost in an interruption is no weakness", () => {
  const weakness = new Weakness();
  const { last } = feed(weakness, 8, { received: 50 });
  const gap = { ...last, now: last.now + 2_000, packetsLost: last.packetsLost + 900 };
  expect(weakness.add({ ...gap, unsettled: true })).toBe(false);
  expect(feed(weakness, 8, { received: 50 }, {}, gap).warned).toBe(false);
});
