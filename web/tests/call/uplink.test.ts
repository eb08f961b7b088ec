import { beforeEach, expect, test } from "vitest";
import { Uplink } from "../../src/call/uplink";

const USABLE = 1_800_000;
let uplink: Uplink;
let now: number;

beforeEach(() => {
  uplink = new Uplink();
  now = 0;
});

/** A second later. */
function add(estimate: number | null, usable = USABLE, loss = 0) {
  now += 1000;
  return uplink.add(now, estimate, usable, loss);
}

function settle(): void {
  for (let second = 0; second < 5; second += 1) add(USABLE);
}

test("a camera that has just begun is sent at a guess, which is not told", () => {
  for (let second = 0; second < 5; second += 1) expect(add(300_000).tell).toBeNull();
  expect(add(2_000_000).tell).toBe(2_000_000);
});

test("that all layers fit is told soon, and what the guess falls to is not", () => {
  // So much it may have become while sound alone was sent.
  expect(add(6_000_000).tell).toBeNull();
  expect(add(3_000_000).tell).toBeNull();
  expect(add(2_100_000).tell).toBe(2_100_000);
  expect(add(900_000).tell).toBeNull();
  expect(add(3_000_000).tell).toBe(3_000_000);
  expect(add(900_000).tell).toBe(900_000);
});

test("who sends no pictures tells nothing, and what is known of his line is told when he does", () => {
  for (let second = 0; second < 9; second += 1) {
    expect(add(300_000, 0)).toEqual({ tell: null, probe: false });
  }
  settle();
  expect(add(2_000_000).tell).toBe(2_000_000);
  expect(add(90_000, 0).tell).toBeNull();
  // Meanwhile it may have grown as it liked.
  for (let second = 0; second < 2; second += 1) expect(add(6_000_000, 150_000).tell).toBeNull();
  expect(add(90_000, 150_000).tell).toBe(90_000);
});

test("sound alone tells nothing: it is not counted", () => {
  settle();
  expect(add(70_000).tell).toBe(70_000);
  expect(add(300_000, 0)).toEqual({ tell: null, probe: false });
});

test("pictures that cost the sound are too many, whatever the browser thinks", () => {
  settle();
  expect(add(60_000).tell).toBe(60_000);
  for (const loss of [0.1, 0]) expect(add(60_000, 150_000, loss).tell).toBeNull();
  expect(add(60_000, 150_000, 0.12).tell).toBe(30_000);
  // A camera that rests is tried again without what was lost before.
  add(60_000, 0, 0.12);
  for (const loss of [0.12, 0]) expect(add(60_000, 150_000, loss).tell).toBeNull();
  expect(add(60_000, 150_000, 0).tell).toBe(60_000);
});

test("sound that gets lost is no guess", () => {
  const told = [1, 2, 3].map(() => add(60_000, 150_000, 0.1).tell);
  expect(told).toEqual([null, null, 30_000]);
});

test("what is lost on a line that bears more is no fault of the pictures", () => {
  settle();
  add(400_000);
  for (let second = 0; second < 9; second += 1) {
    expect(add(400_000, USABLE, 0.1).tell).toBeNull();
  }
});

test("only notable changes are told, beside what was told", () => {
  settle();
  expect(add(1_000_000).tell).toBe(1_000_000);
  expect(add(1_060_000).tell).toBeNull();
  expect(add(1_120_000).tell).toBe(1_120_000);
  expect(add(1_010_000).tell).toBeNull();
  expect(add(60_000).tell).toBe(60_000);
});

test("how much more than enough there is does not matter", () => {
  settle();
  expect(add(30_000_000).tell).toBe(5_000_000);
  expect(add(8_000_000).tell).toBeNull();
});

test("a server that may have forgotten is told again", () => {
  settle();
  add(1_000_000);
  uplink.forget();
  expect(add(1_000_000).tell).toBe(1_000_000);
});

test("a browser that does not say what it thinks is left alone", () => {
  for (let second = 0; second < 20; second += 1) {
    expect(add(null)).toEqual({ tell: null, probe: false });
  }
});

test("whoever is asked for more has it looked for at once", () => {
  settle();
  expect(add(90_000, 150_000).probe).toBe(true);
  expect(add(90_000, 150_000).probe).toBe(false);
  expect(add(90_000, 151_000).probe).toBe(false);
  expect(add(90_000, 0).probe).toBe(false);
  expect(add(90_000, 150_000).probe).toBe(true);
  expect(add(120_000, 500_000).probe).toBe(true);
});

test("who could use more has it looked for, now and then", () => {
  settle();
  const probes = Array.from({ length: 13 }, () => add(300_000).probe);
  expect(probes.flatMap((probe, second) => (probe ? [second] : []))).toEqual([0, 6, 12]);
  expect(Array.from({ length: 13 }, () => add(1_700_000).probe)).not.toContain(true);
});
