import { beforeEach, expect, test } from "vitest";
import { Holding } from "../../src/call/holding";

let holding: Holding;
let sums: { asked: number; lost: number; received: number };

beforeEach(() => {
  holding = new Holding();
  sums = { asked: 0, lost: 0, received: 0 };
});

/** Samples of two seconds in which a share is asked for, and a share gets lost on the way here. */
function after(times: number, asked: number, lost: number, roundTrip: number | null = 100) {
  let held: number | null = null;
  for (let time = 0; time < times; time += 1) {
    sums.received += 400;
    sums.asked += 400 * asked;
    sums.lost += 400 * lost;
    held = holding.add({ ...sums }, roundTrip);
  }
  return held;
}

test("on a line that loses little, or once, the browser chooses", () => {
  expect(after(20, 0.02, 0.02)).toBe(null);
  expect(after(1, 0.045, 0.045)).toBe(null);
});

test("on a line that loses much a picture waits for three repairs", () => {
  expect(after(10, 0.1, 0.1)).toBe(360);
  expect(after(10, 0.1, 0.1, 20)).toBe(120);
});

test("what gets lost in bursts, and is asked for by few requests, counts as what is lost one by one", () => {
  expect(after(10, 0.017, 0.07)).toBe(360);
  expect(after(20, 0.017, 0.02)).toBe(360);
  expect(after(20, 0.005, 0.01)).toBe(null);
});

test("never longer than sound may be ahead", () => {
  expect(after(10, 0.1, 0.1, 600)).toBe(400);
});

test("a publisher who loses is taken to be far", () => {
  expect(after(10, 0.05, 0, 5)).toBe(360);
});

test("a target stays while the round trip only wavers", () => {
  after(10, 0.1, 0.1, 100);
  expect(after(1, 0.1, 0.1, 108)).toBe(360);
  expect(after(1, 0.1, 0.1, 50)).toBe(210);
});

test("it is over when next to nothing gets lost any more", () => {
  after(10, 0.1, 0.1);
  expect(after(20, 0.02, 0.02)).toBe(360);
  expect(after(20, 0.01, 0.01)).toBe(null);
});

test("what hardly comes says nothing, and a new connection counts from the beginning", () => {
  after(10, 0.1, 0.1);
  sums.received += 10;
  expect(holding.add({ ...sums }, 100)).toBe(360);
  sums = { asked: 0, lost: 0, received: 0 };
  expect(holding.add({ ...sums }, 100)).toBe(360);
  expect(after(20, 0, 0)).toBe(null);
});
