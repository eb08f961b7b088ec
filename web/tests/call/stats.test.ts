import { expect, test } from "vitest";
import { largestOf, sample, soundLossOf } from "../../src/call/stats";

const chromium = [
  { type: "transport", id: "T", bytesSent: 500, bytesReceived: 900, selectedCandidatePairId: "P" },
  {
    type: "candidate-pair",
    id: "P",
    currentRoundTripTime: 0.0423,
    availableOutgoingBitrate: 640_000,
    localCandidateId: "L",
    remoteCandidateId: "R",
  },
  { type: "local-candidate", id: "L", candidateType: "prflx", protocol: "udp" },
  { type: "remote-candidate", id: "R", candidateType: "host", protocol: "udp" },
  { type: "inbound-rtp", id: "I1", packetsReceived: 10, packetsLost: 1, jitter: 0.004 },
  {
    type: "inbound-rtp",
    id: "I2",
    kind: "video",
    packetsReceived: 20,
    packetsLost: 0,
    jitter: 0.012,
  },
  { type: "remote-inbound-rtp", id: "F1", fractionLost: 0.01 },
  { type: "remote-inbound-rtp", id: "F2", fractionLost: 0.07 },
  {
    type: "outbound-rtp",
    id: "O1",
    kind: "video",
    packetsSent: 50,
    active: true,
    frameHeight: 360,
    targetBitrate: 200_000,
    qualityLimitationReason: "bandwidth",
  },
  { type: "outbound-rtp", id: "O2", kind: "video", active: false, frameHeight: 720 },
];

test("sums over a report as Chromium writes it", () => {
  expect(sample(chromium, new Map([["camera:h", 500_000]]), true, 7)).toEqual({
    now: 7,
    connected: true,
    bytesSent: 500,
    bytesReceived: 900,
    heard: 900,
    packetsReceived: 30,
    picturesReceived: 20,
    packetsSent: 50,
    packetsLost: 1,
    sendLoss: 0.07,
    jitterMs: 12,
    rttMs: 42,
    share: 0.4,
    sendLine: 640_000,
    sendHeight: 360,
    candidate: "prflx udp → host",
  });
});

test("Firefox counts no bytes of the transport: the pair and the streams have them", () => {
  const firefox = [
    { type: "transport", id: "T", dtlsState: "connected" },
    { type: "candidate-pair", id: "P", selected: true, bytesReceived: 40 },
    { type: "outbound-rtp", id: "O", kind: "audio", bytesSent: 5 },
    { type: "inbound-rtp", id: "I", bytesReceived: 9, packetsReceived: 1, packetsLost: 0 },
  ];
  const sums = sample(firefox, new Map(), true, 0);
  expect(sums).toMatchObject({ bytesSent: 5, bytesReceived: 9, heard: 40, candidate: "" });
});

test("a share is only taken while bandwidth is the limit", () => {
  const free = [{ type: "outbound-rtp", id: "O", kind: "video", targetBitrate: 1 }];
  expect(sample(free, new Map([["camera:q", 150_000]]), true, 0).share).toBeNull();
  const smaller = sample(free, new Map([["camera:q", 150_000]]), true, 0, true).share;
  expect(smaller, "smaller pictures are all sent, but there is no room for others").not.toBeNull();
});

test("of what is lost of one's own, sound stands by itself", () => {
  const told = [
    { type: "remote-inbound-rtp", id: "A", kind: "audio", fractionLost: 0.03 },
    { type: "remote-inbound-rtp", id: "V", kind: "video", fractionLost: 0.2 },
  ];
  expect(soundLossOf(told)).toBe(0.03);
  expect(soundLossOf([])).toBe(0);
});

test("of the camera the largest layer that is on is looked at, and what its source has taken", () => {
  const layer = { type: "outbound-rtp", kind: "video", mediaSourceId: "S", targetBitrate: 190_000 };
  const report = [
    { ...layer, id: "O1", rid: "q", framesEncoded: 70 },
    { ...layer, id: "O2", rid: "h", framesEncoded: 50 },
    { ...layer, id: "O3", rid: "f", framesEncoded: 30 },
    { type: "media-source", id: "S", kind: "video", frames: 100 },
  ];
  const on = new Map([
    ["camera:q", 150_000],
    ["camera:h", 500_000],
    ["screen:", 2_500_000],
  ]);
  const seen = { rid: "h", encoded: 50, taken: 100, given: 190_000, most: 500_000 };
  expect(largestOf(report, on)).toEqual(seen);
  expect(largestOf(report, new Map([["screen:", 2_500_000]]))).toBeNull();
  // Firefox does not say what it means to send.
  const silent = report.map((entry) => ({ ...entry, targetBitrate: undefined }));
  expect(largestOf(silent, on)).toBeNull();
});
