import { expect, test } from "vitest";
import { encodedOf, largestOf, sample, soundLossOf } from "../../src/call/stats";

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
  expect(largestOf(report, on, unknown)).toEqual(seen);
  expect(largestOf(report, new Map([["screen:", 2_500_000]]), unknown)).toBeNull();
  // Firefox does not say what it means to send.
  const silent = report.map((entry) => ({ ...entry, targetBitrate: undefined }));
  expect(largestOf(silent, on, unknown)).toBeNull();
  expect(largestOf(silent, on, () => 120_000)).toEqual({ ...seen, given: 120_000 });
});

test("of each encoding that is on is counted what Firefox tells of it", () => {
  const firefox = [
    { type: "outbound-rtp", id: "A", kind: "audio", mid: "0", bytesSent: 9 },
    {
      ...{ type: "outbound-rtp", id: "O1", kind: "video", mid: "1", rid: "q", framesEncoded: 70 },
      ...{ bytesSent: 900, retransmittedBytesSent: 100, qpSum: 700, remoteId: "R1" },
    },
    { type: "outbound-rtp", id: "O2", kind: "video", mid: "1", rid: "h", framesEncoded: 5 },
    { type: "outbound-rtp", id: "O3", kind: "video", mid: "11", bytesSent: 30 },
    { type: "remote-inbound-rtp", id: "R1", kind: "video", fractionLost: 0.25 },
    { type: "media-source", id: "mediasource_video_1{5c}", kind: "video", frames: 100 },
    { type: "media-source", id: "mediasource_video_11", kind: "video", frames: 3 },
  ];
  const on = new Map([
    ["camera:q", 150_000],
    ["screen:", 2_500_000],
  ]);
  expect(encodedOf(firefox, on)).toEqual([
    {
      ...{ name: "camera:q", most: 150_000, encoded: 70, taken: 100, bytes: 800 },
      ...{ quantizers: 700, lost: 0.25 },
    },
    {
      ...{ name: "screen:", most: 2_500_000, encoded: 0, taken: 3, bytes: 30 },
      ...{ quantizers: 0, lost: 0 },
    },
  ]);
});

function unknown(): null {
  return null;
}
