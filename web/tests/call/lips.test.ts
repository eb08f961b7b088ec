import { beforeEach, expect, test } from "vitest";
import { sourceOf } from "../../src/call/covers";
import { type Flow, Lips, nothing, soundOf } from "../../src/call/lips";

const voice = sourceOf(1, "microphone");
const face = sourceOf(1, "camera");
const SAMPLES = 96_000;
const FRAMES = 50;

let lips: Lips;
let now: number;
let sound: Flow;
let picture: Flow;

beforeEach(() => {
  lips = new Lips();
  now = 0;
  sound = { ...nothing, source: voice };
  picture = { ...nothing, source: face };
});

function held(flow: Flow, ms: number | null, emitted: number): Flow {
  if (ms === null) return flow;
  return {
    ...flow,
    delay: flow.delay + (ms / 1000) * emitted,
    emitted: flow.emitted + emitted,
  };
}

/** Two seconds in which sound and picture were held so long, ms; null: nothing came. */
function after(soundMs: number | null, pictureMs: number | null): number | null {
  now += 2000;
  sound = held(sound, soundMs, SAMPLES);
  picture = held(picture, pictureMs, FRAMES);
  return lips.add([sound], [picture], now)[0] ?? null;
}

/** The picture obeys, as far as its own 60 ms allow. */
function obeying(soundMs: number, times: number): (number | null)[] {
  const targets: (number | null)[] = [];
  for (let time = 0; time < times; time += 1) {
    targets.push(after(soundMs, Math.max(60, targets.at(-1) ?? 60)));
  }
  return targets;
}

test("each picture has its sound", () => {
  expect(soundOf(sourceOf(7, "camera"))).toBe(sourceOf(7, "microphone"));
  expect(soundOf(sourceOf(7, "screen"))).toBe(sourceOf(7, "screen_audio"));
});

test("what is nearly level is left to the browser", () => {
  expect(obeying(95, 5)).toEqual([null, null, null, null, null]);
});

test("a picture comes to its sound by and by, and stays there", () => {
  const targets = obeying(260, 8);
  expect(targets.slice(0, 3)).toEqual([160, 210, 235]);
  expect(targets.at(-1)).toBeGreaterThan(245);
  expect(targets.at(-1)).toBeLessThanOrEqual(260);
  expect(targets.at(-1)).toBe(targets.at(-2));
});

test("never by more than half a second", () => {
  expect(obeying(1500, 12).every((target) => target !== null && target <= 500)).toBe(true);
});

test("the browser has its choice back when the sound is no longer held", () => {
  obeying(260, 5);
  expect(after(150, 245)).toBe(202);
  expect(after(70, 202)).toBeNull();
});

test("short pauses change nothing, long ones do", () => {
  const target = obeying(260, 3).at(-1);
  expect(after(null, 240)).toBe(target);
  expect(after(null, 240)).toBe(target);
  expect(after(null, 240)).toBeNull();
  expect(after(null, 60)).toBeNull();
});

test("another's sound moves no picture", () => {
  sound = { ...nothing, source: sourceOf(2, "microphone") };
  expect(obeying(260, 3)).toEqual([null, null, null]);
});

test("the sound of a screen belongs to the screen alone", () => {
  const flow = (source: number, ms: number, emitted: number) =>
    held({ ...nothing, source }, ms, emitted);
  const sounds = [nothing, nothing, nothing, flow(sourceOf(1, "screen_audio"), 260, SAMPLES)];
  const pictures = [flow(face, 60, FRAMES), flow(sourceOf(1, "screen"), 60, FRAMES)];
  expect(lips.add(sounds, pictures, 2000)).toEqual([null, 160]);
});

test("a slot that shows somebody else begins anew", () => {
  obeying(260, 3);
  picture = { ...picture, source: sourceOf(2, "camera") };
  expect(after(260, 235)).toBeNull();
});

test("a new connection counts from nothing", () => {
  obeying(260, 3);
  sound = { ...nothing, source: voice };
  picture = { ...nothing, source: face };
  expect(after(null, null)).toBe(235);
  expect(after(260, 60)).toBe(248);
});
