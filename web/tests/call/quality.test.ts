import { beforeEach, describe, expect, test } from "vitest";
import { QualityMeter, type Sample } from "../../src/call/quality";

const calm: Sample = {
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
};

let meter: QualityMeter;

beforeEach(() => {
  meter = new QualityMeter();
  meter.add(calm);
});

function later(change: Partial<Sample>): Sample {
  const traffic = { bytesSent: 1000, bytesReceived: 1000, heard: 1000, packetsReceived: 0 };
  return { ...calm, now: 2_000, ...traffic, ...change };
}

describe("steps", () => {
  test.each([
    [0, "good"],
    [5, "good"],
    [6, "medium"],
    [7, "medium"],
    [8, "poor"],
    [50, "poor"],
  ])("%d %% lost on the way here: %s", (lost, quality) => {
    const sample = later({ packetsReceived: 100 - lost, packetsLost: lost });
    expect(meter.add(sample).quality).toBe(quality);
  });

  test("loss on the way there counts as well", () => {
    expect(meter.add(later({ sendLoss: 0.2 })).quality).toBe("poor");
  });

  test.each([
    [null, "good"],
    [0.5, "good"],
    [0.3, "medium"],
    [0.29, "poor"],
  ])("lastingly %s of the wanted bit rate: %s", (share, quality) => {
    for (const now of [7_000, 9_000]) {
      expect(meter.add(later({ now, heard: now, share })).quality).toBe("good");
    }
    expect(meter.add(later({ now: 11_000, heard: 11_000, share })).quality).toBe(quality);
  });

  test("a rate that still rises after the start is no fault", () => {
    for (const [now, share] of [
      [7_000, 0.1],
      [9_000, 0.2],
      [11_000, 0.6],
    ] as const) {
      expect(meter.add(later({ now, heard: now, share })).quality).toBe("good");
    }
  });
});

describe("lost", () => {
  test("only what is sent and never answered for 3 s", () => {
    const silent = (now: number, bytesSent: number) => later({ now, bytesSent, heard: 0 });
    expect(meter.add(silent(2_000, 500)).quality).toBe("good");
    expect(meter.add(silent(4_000, 900)).quality).toBe("lost");
    expect(meter.add(later({ now: 6_000, bytesSent: 1_200, heard: 700 })).quality).toBe("good");
  });

  test("a quiet call is no lost one", () => {
    for (const now of [2_000, 4_000, 6_000]) {
      expect(meter.add({ ...calm, now }).quality).toBe("good");
    }
  });

  test("a connection that is down", () => {
    meter.add(later({ now: 2_000, connected: false }));
    expect(meter.add(later({ now: 5_000, connected: false })).quality).toBe("lost");
  });
});

test("loss is forgotten after the window", () => {
  meter.add(later({ now: 2_000, packetsReceived: 50, packetsLost: 50 }));
  meter.add(later({ now: 4_000, packetsReceived: 150, packetsLost: 50, bytesReceived: 2_000 }));
  const last = later({ now: 9_000, packetsReceived: 250, packetsLost: 50, bytesReceived: 3_000 });
  expect(meter.add(last).quality).toBe("good");
});

test("details: rates between two samples, loss in per cent", () => {
  const { details } = meter.add(
    later({ bytesSent: 250_000, bytesReceived: 500_000, packetsReceived: 97, packetsLost: 3 }),
  );
  expect(details).toMatchObject({ sendKbps: 1000, receiveKbps: 2000, lossPercent: 3, rttMs: 20 });
});

test("counters that start over (a new connection) give no nonsense", () => {
  meter.add(later({ packetsReceived: 1000, packetsLost: 10, bytesReceived: 9_000_000 }));
  const verdict = meter.add(later({ now: 4_000, packetsReceived: 5, bytesReceived: 10 }));
  expect(verdict.quality).toBe("good");
  expect(verdict.details.receiveKbps).toBe(0);
});

test("what was lost in an interruption says nothing of the line", () => {
  const gap = { packetsLost: 900, packetsReceived: 10 };
  expect(meter.add(later({ ...gap, unsettled: true })).quality).toBe("good");
  const after = later({ ...gap, packetsReceived: 100, now: 4_000, bytesReceived: 2_000 });
  expect(meter.add(after).quality).toBe("good");
});

test("what the server can give of what is wished counts as what one can send does", () => {
  const judge = (receiveShare: number | null, share: number | null) => {
    meter = new QualityMeter();
    let verdict = meter.add(calm);
    for (const now of [7_000, 9_000, 11_000, 13_000]) {
      verdict = meter.add(later({ now, heard: now, receiveShare, share }));
    }
    return verdict;
  };
  expect(judge(null, null).quality).toBe("good");
  expect(judge(0.4, null).quality).toBe("medium");
  expect(judge(0.2, null).quality).toBe("poor");
  expect(judge(0.9, 0.4).quality).toBe("medium");
  expect(judge(0.2, 0.4).details).toMatchObject({ receiveShare: 0.2, sendShare: 0.4 });
});

test("three samples that are short are enough, and one that is not is said at once", () => {
  const shares = [null, 0.2, 0.2, 0.2, 0.8];
  const found = shares.map((receiveShare, at) => {
    const now = 7_000 + at * 2_000;
    const { quality, details } = meter.add(later({ now, heard: now, receiveShare }));
    return [quality, details.receiveShare];
  });
  expect(found).toEqual([
    ["good", null],
    ["good", null],
    ["good", null],
    ["poor", 0.2],
    ["good", 0.8],
  ]);
});

test("loss is told of each direction", () => {
  const sample = later({ packetsReceived: 96, packetsLost: 4, sendLoss: 0.015 });
  expect(meter.add(sample).details).toMatchObject({
    lossPercent: 4,
    receiveLossPercent: 4,
    sendLossPercent: 1.5,
  });
});

test("what the line bears towards the server is known from who sends a picture", () => {
  const sendLine = 640_400;
  expect(meter.add(later({ sendLine })).details.sendLineKbps).toBe(640);
  expect(meter.add(later({ sendLine, sendHeight: null })).details.sendLineKbps).toBeNull();
});
