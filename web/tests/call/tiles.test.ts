import { describe, expect, test } from "vitest";
import { assign, noTiles } from "../../src/call/slots";
import type { TileDetails, WantedTile } from "../../src/call/state";
import type { Entry } from "../../src/call/stats";
import { receiveShare, TileMeter } from "../../src/call/tiles";
import type { Line } from "../../src/wire/messages";

const camera = (participant: number, height = 360): WantedTile => ({
  participant,
  kind: "camera",
  height,
});

function entry(counts: Record<string, number>): Entry {
  return { type: "inbound-rtp", id: "", frameHeight: 360, framesPerSecond: 20, ...counts };
}

const none = { bytesReceived: 0, packetsReceived: 0, packetsLost: 0 };
const some = { bytesReceived: 250_000, packetsReceived: 190, packetsLost: 10 };

describe("of each picture", () => {
  const slots = assign(noTiles, [camera(2), camera(3)]);
  const line: Line = {
    type: "line",
    estimate: 0,
    tiles: [{ slot: 0, layer: "h", temporal: 1, reason: "line" }],
  };

  test("what comes is counted, and what the server says is beside it", () => {
    const meter = new TileMeter();
    meter.add(0, slots, () => entry(none), line);
    const [first, second] = meter.add(
      2_000,
      slots,
      (slot) => (slot === 0 ? entry(some) : undefined),
      line,
    );
    expect(first).toEqual({
      participant: 2,
      kind: "camera",
      wantedHeight: 360,
      few: false,
      height: 360,
      framesPerSecond: 20,
      kbps: 1000,
      lossPercent: 5,
      layer: "h",
      temporal: 1,
      reason: "line",
    });
    expect(second).toMatchObject({ height: null, kbps: 0, lossPercent: null, reason: null });
  });

  test("another's picture in the same slot begins from the beginning", () => {
    const meter = new TileMeter();
    meter.add(0, slots, () => entry(none), undefined);
    const others = assign(noTiles, [camera(5)]);
    const [tile] = meter.add(2_000, others, () => entry(some), undefined);
    expect(tile).toMatchObject({ participant: 5, kbps: 0, lossPercent: null });
  });

  test("a few packets say nothing about loss", () => {
    const meter = new TileMeter();
    meter.add(0, slots, () => entry(none), undefined);
    const few = entry({ ...some, packetsReceived: 10, packetsLost: 5 });
    expect(meter.add(2_000, slots, () => few, undefined)[0]?.lossPercent).toBeNull();
  });
});

describe("the share of what would come over a good line", () => {
  const tile = (traits: Partial<TileDetails>): TileDetails => ({
    participant: 2,
    kind: "camera",
    wantedHeight: 720,
    few: false,
    height: 180,
    framesPerSecond: 20,
    kbps: 100,
    lossPercent: 0,
    layer: "f",
    temporal: 2,
    reason: "tile",
    ...traits,
  });

  test("is no matter where the line is not what limits", () => {
    expect(receiveShare([])).toBeNull();
    expect(receiveShare([tile({}), tile({ reason: "publisher", layer: "q" })])).toBeNull();
  });

  test.each<[string, Partial<TileDetails>[], number]>([
    ["a smaller layer", [{ reason: "line", layer: "h" }], 500 / 1800],
    ["fewer frames", [{ reason: "line", temporal: 1 }], 0.6],
    ["nothing", [{ reason: "line", layer: null }], 0],
    ["one of two", [{}, { reason: "line", layer: null }], 0.5],
    [
      "few frames where few are wanted",
      [{ reason: "line", few: true, temporal: 0, layer: "h", wantedHeight: 360 }],
      1,
    ],
    ["a screen at few frames", [{ reason: "line", kind: "screen", temporal: 0 }], 0.4],
  ])("by %s", (_, tiles, share) => {
    expect(receiveShare(tiles.map(tile))).toBeCloseTo(share);
  });
});
