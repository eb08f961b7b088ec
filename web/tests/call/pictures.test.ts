import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sourceOf } from "../../src/call/covers";
import type { Peer } from "../../src/call/peer";
import { Pictures } from "../../src/call/pictures";
import { VIDEO_SLOTS } from "../../src/call/slots";
import type { Person } from "../../src/call/state";
import type { Tile } from "../../src/wire/messages";
import { FakeReceiver, fakeBrowser } from "./fake-browser";

let views: Tile[][];
let cameras: Set<number>;
let change: Partial<Person>;
let receivers: FakeReceiver[];
let pictures: Pictures;
let hidden: boolean;
let cut: boolean;
let withheld: number[];

function somebody(number: number): Person {
  const camera = cameras.has(number);
  return {
    number,
    name: "",
    role: "guest",
    microphone: false,
    camera,
    screen: false,
    quality: "good",
    present: true,
    self: false,
    guestMark: false,
    ...change,
  };
}

function peer(): Peer {
  receivers = Array.from({ length: VIDEO_SLOTS }, () => new FakeReceiver());
  return { video: receivers } as unknown as Peer;
}

function arrives(slot: number, participant: number): void {
  const source = sourceOf(participant, "camera");
  receivers[slot]?.sightings.push({ source, timestamp: performance.now() });
}

const tile = (participant: number) => ({ participant, kind: "camera", height: 180 }) as const;
const streamOf = (participant: number) => pictures.all.value.get(`${participant}:camera`)?.stream;

beforeEach(() => {
  vi.useFakeTimers();
  fakeBrowser();
  views = [];
  cameras = new Set([1, 2, 3]);
  change = {};
  hidden = false;
  cut = false;
  withheld = [];
  pictures = new Pictures({
    send: (view) => views.push(view),
    person: somebody,
    hidden: () => hidden,
    cut: () => cut,
    withheld: (slot) => withheld.includes(slot),
  });
  pictures.attach(peer());
});

afterEach(() => {
  pictures.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("wishes within one frame are one view", () => {
  pictures.show([tile(1)]);
  pictures.show([tile(1), tile(2)]);
  expect(views).toEqual([]);
  vi.advanceTimersByTime(20);
  expect(views).toHaveLength(1);
  expect(views[0]?.map(({ slot, participant }) => [slot, participant])).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test("the same view is not said twice, but said again after a welcome", () => {
  pictures.show([tile(1)]);
  vi.advanceTimersByTime(20);
  pictures.show([tile(1)]);
  vi.advanceTimersByTime(20);
  expect(views).toHaveLength(1);
  pictures.resend();
  expect(views).toHaveLength(2);
});

// The server takes 30 messages a second from a page and refuses more, the last of them, too.
test("a window that is drawn larger and larger floods nobody, and says how it is in the end", () => {
  const begun = performance.now();
  let height = 100;
  while (performance.now() - begun < 5_000) {
    height += 1;
    pictures.show([{ ...tile(1), height }]);
    vi.advanceTimersByTime(16);
  }
  expect(views.length / 5).toBeLessThan(25);
  vi.advanceTimersByTime(500);
  expect(views.at(-1)?.[0]?.height).toBe(height);
});

test("whoever turns a few pages quickly waits for none of them", () => {
  for (const number of [1, 2, 3, 4, 5]) {
    pictures.show([tile(number)]);
    vi.advanceTimersByTime(20);
    expect(views).toHaveLength(number);
  }
});

test("a tile is covered until its source arrives, and opens within 50 ms of it", () => {
  pictures.show([tile(1)]);
  expect(streamOf(1)).toBeNull();
  vi.advanceTimersByTime(500);
  arrives(0, 1);
  vi.advanceTimersByTime(50);
  expect(streamOf(1)?.getTracks()).toEqual([receivers[0]?.track]);
});

test("the previous person's picture never shows under the next one's name", () => {
  const everybody = Array.from({ length: VIDEO_SLOTS - 1 }, (_, index) => tile(index + 10));
  pictures.show([tile(1), ...everybody]);
  arrives(0, 1);
  vi.advanceTimersByTime(50);
  expect(streamOf(1)).not.toBeNull();
  pictures.show([tile(2), ...everybody]);
  expect(streamOf(1)).toBeUndefined();
  expect(streamOf(2)).toBeNull();
  vi.advanceTimersByTime(100);
  arrives(0, 1);
  vi.advanceTimersByTime(100);
  expect(streamOf(2)).toBeNull();
  arrives(0, 2);
  vi.advanceTimersByTime(50);
  expect(streamOf(2)).not.toBeNull();
});

test("a camera that goes off covers the tile until a new picture", () => {
  pictures.show([tile(1)]);
  arrives(0, 1);
  vi.advanceTimersByTime(50);
  cameras.delete(1);
  pictures.rosterChanged();
  expect(streamOf(1)).toBeNull();
  cameras.add(1);
  pictures.rosterChanged();
  vi.advanceTimersByTime(500);
  expect(streamOf(1)).toBeNull();
  arrives(0, 1);
  vi.advanceTimersByTime(250);
  expect(streamOf(1)).not.toBeNull();
});

test("a camera that goes off or on needs no new view", () => {
  cameras.delete(2);
  pictures.show([tile(1), tile(2)]);
  vi.advanceTimersByTime(20);
  cameras = new Set([2]);
  pictures.rosterChanged();
  pictures.show([tile(2), tile(1)]);
  vi.advanceTimersByTime(20);
  expect(views).toHaveLength(1);
});

test("where slots do not suffice they are for cameras that are on", () => {
  const others = Array.from({ length: VIDEO_SLOTS }, (_, index) => tile(index + 10));
  pictures.show([...others, tile(1)]);
  vi.advanceTimersByTime(20);
  expect(views.at(-1)?.map(({ participant }) => participant)).toContain(1);
  cameras = new Set([10 + VIDEO_SLOTS - 1]);
  pictures.rosterChanged();
  vi.advanceTimersByTime(20);
  expect(views.at(-1)?.map(({ participant }) => participant)).toContain(10 + VIDEO_SLOTS - 1);
});

test("a new peer connection covers everything and brings its own tracks", () => {
  pictures.show([tile(1)]);
  arrives(0, 1);
  vi.advanceTimersByTime(50);
  pictures.attach(peer());
  expect(streamOf(1)).toBeNull();
  arrives(0, 1);
  vi.advanceTimersByTime(50);
  expect(streamOf(1)?.getTracks()).toEqual([receivers[0]?.track]);
});

test.each<[string, Partial<Person>, boolean]>([
  ["a camera that is on", {}, true],
  ["a camera that is off", { camera: false }, false],
  ["somebody who is away", { present: false }, false],
  ["somebody without a connection", { quality: "lost" }, false],
])("whether packets are expected of %s", (_what, person, expected) => {
  expect(pictures.expecting).toBe(false);
  change = person;
  pictures.show([tile(1)]);
  expect(pictures.expecting).toBe(expected);
});

test("the last frame is not live once nothing more comes", () => {
  const frozen = () => pictures.all.value.get("1:camera")?.frozen;
  pictures.show([tile(1)]);
  vi.advanceTimersByTime(40);
  arrives(0, 1);
  vi.advanceTimersByTime(80);
  expect(frozen()).toBe(false);
  vi.advanceTimersByTime(2_800);
  expect(frozen()).toBe(true);
  expect(streamOf(1)).not.toBeNull();
  arrives(0, 1);
  vi.advanceTimersByTime(250);
  expect(frozen()).toBe(false);
});

test("a shared page that stands still is live until its way is known to be cut", () => {
  const frozen = () => pictures.all.value.get("1:screen")?.frozen;
  change = { screen: true };
  pictures.show([{ participant: 1, kind: "screen", height: 720 }]);
  vi.advanceTimersByTime(40);
  receivers[0]?.sightings.push({ source: sourceOf(1, "screen"), timestamp: performance.now() });
  vi.advanceTimersByTime(60_000);
  expect(frozen()).toBe(false);
  cut = true;
  vi.advanceTimersByTime(250);
  expect(frozen()).toBe(true);
  cut = false;
  vi.advanceTimersByTime(250);
  expect(frozen()).toBe(false);
  change = { screen: true, quality: "lost" };
  vi.advanceTimersByTime(250);
  expect(frozen()).toBe(true);
});

test("what a line does not bear is not expected", () => {
  pictures.show([tile(1), tile(2)]);
  withheld = [0];
  expect(pictures.expecting).toBe(true);
  withheld = [0, 1];
  expect(pictures.expecting).toBe(false);
});

test("a picture that a line does not bear any more is covered until another comes", () => {
  pictures.show([tile(1)]);
  vi.advanceTimersByTime(40);
  arrives(0, 1);
  vi.advanceTimersByTime(50);
  expect(streamOf(1)).not.toBeNull();
  withheld = [0];
  // What the server has said of the line may be older than the picture.
  vi.advanceTimersByTime(2_000);
  expect(streamOf(1)).not.toBeNull();
  vi.advanceTimersByTime(1_000);
  expect(streamOf(1)).toBeNull();
  arrives(0, 1);
  vi.advanceTimersByTime(50);
  expect(streamOf(1)).not.toBeNull();
});

test("a page that nobody sees asks for no pictures, and for all of them when it is back", () => {
  pictures.show([tile(1)]);
  vi.advanceTimersByTime(40);
  expect(pictures.expecting).toBe(true);
  hidden = true;
  vi.advanceTimersByTime(2_900);
  expect(views).toHaveLength(1);
  vi.advanceTimersByTime(600);
  expect(views).toHaveLength(2);
  expect(views[1]).toEqual([]);
  expect(pictures.expecting).toBe(false);
  pictures.show([tile(2)]);
  vi.advanceTimersByTime(40);
  expect(views).toHaveLength(2);
  hidden = false;
  pictures.lookedAt();
  expect(views.at(-1)).toEqual([{ slot: 1, participant: 2, kind: "camera", height: 180 }]);
});

test("nothing is looked at any more when the call is over", () => {
  pictures.attach(peer());
  pictures.show([tile(1)]);
  pictures.close();
  pictures.show([tile(2)]);
  expect(vi.getTimerCount()).toBe(0);
});
