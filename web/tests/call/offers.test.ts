import { beforeEach, describe, expect, test } from "vitest";
import { type Offer, Offers } from "../../src/call/offers";
import type { Quality } from "../../src/call/state";

const MINUTE = 60;
let offers: Offers;
let now: number;
let weakInternet: boolean;

beforeEach(() => {
  offers = new Offers();
  now = 0;
  weakInternet = false;
});

/** So many seconds of it, as the call looks: the offers that stood at their ends. */
function pass(seconds: number, quality: Quality, cut = false): Offer | null {
  let offer: Offer | null = null;
  for (const end = now + seconds * 1000; now < end; now += 250)
    offer = offers.at({ now, quality, cut, weakInternet });
  return offer;
}

function press(on: boolean): void {
  weakInternet = on;
}

describe("the mode is offered", () => {
  test.each(["poor", "lost"] as const)("after 15 s that were %s, no sooner", (quality) => {
    expect(pass(15, quality)).toBeNull();
    expect(pass(1, quality)).toBe("weak_offer");
  });

  test.each(["good", "medium"] as const)("never while it is %s", (quality) => {
    expect(pass(10 * MINUTE, quality)).toBeNull();
  });

  test("not where only the way up is bad, and the camera is limited already", () => {
    let offer: Offer | null = null;
    for (; now < 60_000; now += 250)
      offer = offers.at({ now, quality: "poor", cut: false, weakInternet, upAlone: true });
    expect(offer).toBeNull();
    expect(pass(15, "poor")).toBeNull();
    expect(pass(1, "poor")).toBe("weak_offer");
  });

  test("not for bad moments far from each other", () => {
    for (let time = 0; time < 10; time += 1) {
      expect(pass(10, "poor")).toBeNull();
      expect(pass(6, "good")).toBeNull();
    }
  });

  test("though a better moment came between", () => {
    pass(8, "poor");
    pass(2, "medium");
    expect(pass(6, "poor")).toBe("weak_offer");
  });

  test("until the line was well for a while", () => {
    pass(16, "poor");
    expect(pass(10, "good")).toBe("weak_offer");
    expect(pass(11, "good")).toBeNull();
  });

  test("not while there is no connection at all, and from the beginning after that", () => {
    expect(pass(60, "lost", true)).toBeNull();
    expect(pass(10, "poor")).toBeNull();
    expect(pass(6, "poor")).toBe("weak_offer");
  });

  test("not to who has it", () => {
    press(true);
    expect(pass(MINUTE, "poor")).toBeNull();
  });

  test("and who declines is left alone for ten minutes, then for twenty", () => {
    pass(16, "poor");
    offers.declined("weak_offer", now);
    expect(pass(10 * MINUTE, "poor")).toBeNull();
    expect(pass(1, "poor")).toBe("weak_offer");
    offers.declined("weak_offer", now);
    expect(pass(20 * MINUTE, "poor")).toBeNull();
    expect(pass(1, "poor")).toBe("weak_offer");
  });
});

describe("in the mode", () => {
  beforeEach(() => {
    pass(16, "poor");
    press(true);
  });

  test("leaving it is offered when the line was good for a minute", () => {
    expect(pass(60, "good")).toBeNull();
    expect(pass(1, "good")).toBe("weak_over");
  });

  test("the minute begins anew with each moment that is not good", () => {
    pass(50, "good");
    pass(1, "medium");
    expect(pass(60, "good")).toBeNull();
    expect(pass(1, "good")).toBe("weak_over");
  });

  test("the offer goes when the line is bad again", () => {
    pass(61, "good");
    expect(pass(1, "poor")).toBeNull();
  });

  test("who declines is left alone for ten minutes", () => {
    pass(61, "good");
    offers.declined("weak_over", now);
    expect(pass(10 * MINUTE, "good")).toBeNull();
    expect(pass(1, "good")).toBe("weak_over");
  });

  test("a line that was bad again soon after it has to be good twice as long", () => {
    pass(61, "good");
    press(false);
    expect(pass(16, "poor")).toBe("weak_offer");
    press(true);
    expect(pass(2 * MINUTE, "good")).toBeNull();
    expect(pass(1, "good")).toBe("weak_over");
  });
});

test("who has chosen it on a good line is asked once it was good for five minutes", () => {
  press(true);
  expect(pass(5 * MINUTE, "good")).toBeNull();
  expect(pass(1, "good")).toBe("weak_over");
});

test("leaving the mode forgets what was bad before", () => {
  press(true);
  pass(MINUTE, "poor");
  press(false);
  expect(pass(10, "poor")).toBeNull();
});
