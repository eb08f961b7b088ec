import { expect, test } from "vitest";
import { sourceOf } from "../../src/call/covers";
import { Level } from "../../src/call/level";
import type { Peer } from "../../src/call/peer";
import { FakeReceiver } from "./fake-browser";

class Receiver extends FakeReceiver {
  override readonly track: { id: string };
  constructor(id: string) {
    super();
    this.track = { id };
  }
}

class Obedient extends Receiver {
  jitterBufferTarget: number | null = null;
}

const voice = sourceOf(1, "microphone");
const face = sourceOf(1, "camera");

function inbound(trackIdentifier: string, counters: Record<string, number>) {
  return { type: "inbound-rtp", id: trackIdentifier, trackIdentifier, ...counters };
}

function sampled(ear: Receiver, eye: Receiver, sound: Record<string, number>): void {
  ear.sightings = [
    { source: voice, timestamp: 20 },
    { source: sourceOf(2, "microphone"), timestamp: 10 },
  ];
  const peer = { audio: [ear], video: [eye] } as unknown as Peer;
  new Level(() => [face]).sampled(peer, [
    inbound("ear", { jitterBufferEmittedCount: 96_000, ...sound }),
    inbound("eye", { jitterBufferEmittedCount: 50, jitterBufferDelay: 3 }),
  ]);
}

test("the picture of whoever was heard last is held", () => {
  const eye = new Obedient("eye");
  sampled(new Receiver("ear"), eye, { jitterBufferDelay: 0.26 * 96_000 });
  expect(eye.jitterBufferTarget).toBe(160);
});

test("what the browser aims at counts more than what it held", () => {
  const eye = new Obedient("eye");
  const sound = { jitterBufferDelay: 0.1 * 96_000, jitterBufferTargetDelay: 0.26 * 96_000 };
  sampled(new Receiver("ear"), eye, sound);
  expect(eye.jitterBufferTarget).toBe(160);
});

test("where packets get lost a picture waits for repairs, though its sound does not", () => {
  const eye = new Obedient("eye");
  const peer = { audio: [], video: [eye] } as unknown as Peer;
  const level = new Level(() => [face]);
  for (let packets = 0; packets <= 4000; packets += 400) {
    const counted = {
      packetsReceived: packets,
      packetsLost: packets / 10,
      nackCount: packets / 10,
    };
    level.sampled(peer, [
      { ...inbound("eye", counted), kind: "video" },
      {
        type: "candidate-pair",
        id: "pair",
        nominated: true,
        state: "succeeded",
        currentRoundTripTime: 0.1,
      },
    ]);
  }
  expect(eye.jitterBufferTarget).toBe(360);
});

test("a browser that cannot hold pictures is left alone", () => {
  const eye = new Receiver("eye");
  sampled(new Receiver("ear"), eye, { jitterBufferDelay: 0.26 * 96_000 });
  expect("jitterBufferTarget" in eye).toBe(false);
});
