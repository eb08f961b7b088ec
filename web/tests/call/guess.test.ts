import { beforeEach, expect, test } from "vitest";
import { Guess } from "../../src/call/guess";

const MOST: Readonly<Record<string, number>> = {
  "camera:q": 150_000,
  "camera:h": 500_000,
  "camera:f": 1_800_000,
  "screen:": 2_500_000,
};

interface Second {
  readonly kbits: number;
  readonly quantizer?: number;
  readonly pictures?: number;
  readonly lost?: number;
  readonly most?: number;
}

interface Beside {
  readonly soundLost?: number;
  readonly shrunk?: boolean;
}

let guess: Guess;
let now: number;
let counts: Map<string, { encoded: number; taken: number; bytes: number; quantizers: number }>;

beforeEach(() => {
  [guess, now, counts] = [new Guess(), 1_000_000, new Map()];
});

/** A second in which so much was sent of each encoding; the camera gives 25 pictures. */
function second(
  sent: Record<string, Second>,
  { soundLost = 0, shrunk = false }: Beside = {},
): number | null {
  now += 1000;
  const encodings = Object.entries(sent).map(([name, one]) => {
    const count = counts.get(name) ?? { encoded: 0, taken: 0, bytes: 0, quantizers: 0 };
    const { kbits, quantizer = 20, pictures = 25, lost = 0, most = MOST[name] ?? 0 } = one;
    count.encoded += pictures;
    count.taken += 25;
    count.bytes += kbits * 125;
    count.quantizers += pictures * quantizer;
    counts.set(name, count);
    return { name, ...count, lost, most };
  });
  return guess.add(now, encodings, soundLost, shrunk);
}

function seconds(count: number, sent: Record<string, Second>, beside: Beside = {}) {
  return Array.from({ length: count }, () => second(sent, beside)).at(-1);
}

test("a line that holds a layer back bears what is sent of it, once it is known for five seconds", () => {
  const starved = { "camera:f": { kbits: 150, quantizer: 106, pictures: 2 } };
  expect(seconds(5, starved)).toBeNull();
  expect(second(starved)).toBeCloseTo(150_000);
});

test("what may be used and is used leaves room for more", () => {
  expect(seconds(6, { "camera:q": { kbits: 140, quantizer: 90 } })).toBe(225_000);
});

test("a still scene, and a slow computer, do not count as a narrow line", () => {
  expect(seconds(6, { "camera:f": { kbits: 100, quantizer: 8 } })).toBe(2_700_000);
  expect(seconds(6, { "camera:f": { kbits: 900, quantizer: 15, pictures: 12 } })).toBe(2_700_000);
});

test("a layer of which nothing is sent is held back, but not one of a camera that stands still", () => {
  const beside = { "camera:q": { kbits: 140 }, "camera:h": { kbits: 450 } };
  expect(seconds(6, { ...beside, "camera:f": { kbits: 0, pictures: 0 } })).toBeCloseTo(590_000);
});

test("a still screen takes nothing from a camera that has all it may have", () => {
  const both = {
    "camera:h": { kbits: 480, quantizer: 80 },
    "screen:": { kbits: 20, quantizer: 5 },
  };
  expect(seconds(6, both)).toBe(4_500_000);
});

test("another layer, and another ceiling, are counted from the beginning", () => {
  seconds(6, { "camera:f": { kbits: 150, quantizer: 106 } });
  expect(second({ "camera:h": { kbits: 150, quantizer: 80 } })).toBeNull();
  expect(guess.now("camera:h")).toBeNull();
  expect(seconds(4, { "camera:h": { kbits: 100, quantizer: 80 } })).toBeNull();
  expect(guess.now("camera:h")).toBeCloseTo(100_000);
  expect(second({ "camera:h": { kbits: 150, quantizer: 80, most: 800_000 } })).toBeNull();
});

test("a browser that finds out what a line bears is believed what it sends in the end", () => {
  for (const kbits of [100, 100, 120, 160, 180]) second({ "camera:h": { kbits, quantizer: 90 } });
  expect(second({ "camera:h": { kbits: 200, quantizer: 70 } })).toBeCloseTo(190_000);
});

test("a quantizer that sways does not change the verdict", () => {
  seconds(6, { "camera:h": { kbits: 200, quantizer: 90 } });
  expect(seconds(6, { "camera:h": { kbits: 200, quantizer: 50 } })).toBeCloseTo(200_000);
  expect(seconds(6, { "camera:h": { kbits: 200, quantizer: 30 } })).toBe(750_000);
});

test("smaller pictures of the camera are fine on a narrow line, too", () => {
  const narrow = { "camera:h": { kbits: 190, quantizer: 30 } };
  expect(seconds(6, narrow, { shrunk: true })).toBeCloseTo(190_000);
});

test("of what a full line loses nothing counts, and what sound lacks pictures have too much", () => {
  const lossy = { "camera:q": { kbits: 140, lost: 0.35 } };
  expect(seconds(6, lossy)).toBeCloseTo(91_000);
  expect(seconds(6, lossy, { soundLost: 0.5 })).toBeCloseTo(45_500);
  // A line that loses by nature is not narrow.
  expect(seconds(6, { "camera:q": { kbits: 140, lost: 0.05 } }, { soundLost: 0.05 })).toBe(225_000);
});

test("who sends no picture is not guessed at", () => {
  expect(seconds(9, {})).toBeNull();
});
