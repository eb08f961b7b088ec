import { describe, expect, test } from "vitest";
import { bottleneck } from "../../src/call/bottleneck";
import type { ConnectionDetails, Quality, TileDetails } from "../../src/call/state";

const well: ConnectionDetails = {
  rttMs: 30,
  lossPercent: 0,
  sendLossPercent: 0,
  receiveLossPercent: 0,
  jitterMs: 3,
  sendKbps: 1000,
  receiveKbps: 1000,
  sendShare: null,
  receiveShare: null,
  sendLineKbps: null,
  receiveLineKbps: null,
  sendHeight: 720,
  candidate: "",
  tiles: [],
};

function tile(participant: number, traits: Partial<TileDetails> = {}): TileDetails {
  return {
    participant,
    kind: "camera",
    wantedHeight: 360,
    few: false,
    height: 360,
    framesPerSecond: 25,
    kbps: 400,
    lossPercent: 0,
    layer: "h",
    temporal: 2,
    reason: "tile",
    ...traits,
  };
}

function found(
  details: Partial<ConnectionDetails>,
  others: Record<number, Quality> = {},
  quality: Quality = "poor",
) {
  return bottleneck(quality, { ...well, ...details }, (number) => {
    const known = others[number];
    return known === undefined ? undefined : { quality: known };
  });
}

test("without media nothing else matters", () => {
  expect(found({ sendLossPercent: 50 }, {}, "lost")).toEqual({ kind: "lost" });
});

test("before there are figures nothing is accused", () => {
  expect(bottleneck("good", null, () => undefined)).toEqual({ kind: "none" });
});

test.each<[string, Partial<ConnectionDetails>]>([
  ["none", {}],
  ["none", { sendLossPercent: 5.9, receiveLossPercent: 5.9, rttMs: 1500 }],
  ["none", { sendShare: 0.5, receiveShare: 0.5 }],
  ["upload", { sendLossPercent: 6 }],
  ["upload", { sendShare: 0.49 }],
  ["download", { receiveLossPercent: 6 }],
  ["download", { receiveShare: 0.49 }],
  ["download", { receiveShare: 0.2, tiles: [tile(2, { reason: "line", layer: "q" })] }],
  ["line", { sendLossPercent: 8, receiveLossPercent: 8 }],
  ["line", { sendShare: 0.1, receiveLossPercent: 8 }],
  ["line", { rttMs: 1501 }],
  ["server", { tiles: [tile(2), tile(3, { reason: "server" })] }],
  ["upload", { sendShare: 0.1, tiles: [tile(2, { reason: "server" })] }],
])("%s by %o", (kind, details) => {
  expect(found(details).kind).toBe(kind);
});

test("a camera that rests is held back by the way up, and nothing else must be well for that", () => {
  const rests = (details: Partial<ConnectionDetails>) =>
    bottleneck("good", { ...well, ...details }, () => undefined, true).kind;
  expect(rests({})).toBe("rests");
  expect(rests({ tiles: [tile(2, { reason: "server" })] })).toBe("rests");
  expect(rests({ receiveShare: 0.2 })).toBe("line");
});

describe("it is the others'", () => {
  const theirs = (...participants: number[]) => ({ kind: "theirs", participants });

  test.each<Quality>(["poor", "lost"])("who say themselves that they are %s", (quality) => {
    expect(found({ tiles: [tile(2), tile(3)] }, { 2: "good", 3: quality })).toEqual(theirs(3));
  });

  test("of whom less comes than they are asked for", () => {
    expect(found({ tiles: [tile(2, { reason: "publisher", layer: "q" })] })).toEqual(theirs(2));
  });

  test("whose picture alone comes with gaps, though they are counted here, too", () => {
    const tiles = [tile(2, { lossPercent: 11 }), tile(3, { lossPercent: 0.5 })];
    expect(found({ receiveLossPercent: 7, tiles })).toEqual(theirs(2));
  });

  test("once, who is seen twice", () => {
    const tiles = [tile(2), tile(2, { kind: "screen" })];
    expect(found({ tiles }, { 2: "poor" })).toEqual(theirs(2));
  });

  test("not when all pictures come with gaps: then it is the line to here", () => {
    const tiles = [tile(2, { lossPercent: 9 }), tile(3, { lossPercent: 8 })];
    expect(found({ receiveLossPercent: 8, tiles })).toEqual({ kind: "download" });
  });

  test("of a single picture with gaps only when its sender is not well himself", () => {
    const tiles = [tile(2, { lossPercent: 9 })];
    expect(found({ receiveLossPercent: 9, tiles }, { 2: "good" })).toEqual({ kind: "download" });
    expect(found({ receiveLossPercent: 9, tiles }, { 2: "medium" })).toEqual(theirs(2));
  });

  test("not said where the own line is the worse", () => {
    const details = { receiveShare: 0.2, tiles: [tile(2)] };
    expect(found(details, { 2: "poor" })).toEqual({ kind: "download" });
  });
});
