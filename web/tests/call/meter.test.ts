import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Meter } from "../../src/call/meter";
import { FakeStream } from "./fake-browser";

/** What the browser would do with the next contexts. */
let browser: { refuses: "context" | "source" | null; blocks: boolean };
let contexts: FakeContext[];

class FakeContext {
  state: AudioContextState = browser.blocks ? "suspended" : "running";
  constructor() {
    if (browser.refuses === "context") throw new DOMException("", "NotSupportedError");
    contexts.push(this);
  }
  async resume(): Promise<void> {
    if (browser.blocks) throw new DOMException("", "NotAllowedError");
    this.state = "running";
  }
  async close(): Promise<void> {
    this.state = "closed";
  }
  createAnalyser() {
    const fill = (samples: Float32Array) => samples.fill(this.state === "running" ? 1 : 0);
    return { fftSize: 0, getFloatTimeDomainData: fill };
  }
  createMediaStreamSource() {
    if (browser.refuses === "source") throw new DOMException("", "NotSupportedError");
    return { connect: () => undefined, disconnect: () => undefined };
  }
}

const track = {} as MediaStreamTrack;

beforeEach(() => {
  vi.useFakeTimers();
  browser = { refuses: null, blocks: false };
  contexts = [];
  vi.stubGlobal("window", new EventTarget());
  vi.stubGlobal("AudioContext", FakeContext);
  vi.stubGlobal("MediaStream", FakeStream);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** The level after a while. */
function levelOf(meter: Meter): number {
  vi.advanceTimersByTime(200);
  return meter.level.value;
}

/** What a person does anywhere in the page. */
async function press(event: string): Promise<void> {
  window.dispatchEvent(new Event(event));
  await Promise.resolve();
}

test("a track is measured until it is taken away", () => {
  const meter = new Meter();
  meter.attach(track);
  expect(levelOf(meter)).toBe(1);
  meter.attach(null);
  expect(levelOf(meter)).toBe(0);
});

describe("where the browser cannot measure", () => {
  test.each(["context", "source"] as const)("for want of a %s, the microphone works", (what) => {
    browser.refuses = what;
    const meter = new Meter();
    expect(() => meter.attach(track)).not.toThrow();
    expect(levelOf(meter)).toBe(0);
    expect(
      contexts.every(({ state }) => state === "closed"),
      "nothing is left open",
    ).toBe(true);
    browser.refuses = null;
    meter.attach(track);
    expect(levelOf(meter), "the next device is another matter").toBe(1);
  });
});

test("each device gets a context of its own, at the rate that holds then", () => {
  const meter = new Meter();
  meter.attach(track);
  meter.attach(track);
  expect(contexts.map(({ state }) => state)).toEqual(["closed", "running"]);
  meter.close();
  expect(contexts.map(({ state }) => state)).toEqual(["closed", "closed"]);
});

describe("a context that the browser holds back until the page is used", () => {
  beforeEach(() => {
    browser.blocks = true;
  });

  test.each(["pointerup", "keydown"])("measures after %s", async (event) => {
    const meter = new Meter();
    meter.attach(track);
    await press(event);
    expect(levelOf(meter), "a press that the browser does not count").toBe(0);
    browser.blocks = false;
    await press(event);
    expect(levelOf(meter)).toBe(1);
  });

  test("is not asked for any more when the track is gone", async () => {
    const meter = new Meter();
    meter.attach(track);
    meter.attach(null);
    browser.blocks = false;
    await press("keydown");
    expect(contexts.map(({ state }) => state)).toEqual(["closed"]);
  });
});
