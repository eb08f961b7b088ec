import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Choice } from "../../src/call";
import { Sound } from "../../src/ui/call/sound";
import { Toasts } from "../../src/ui/kit/toasts";
import { fakeCall } from "./fake-call";
import { act, type Fake, mountIn, screen } from "./mount";

const AWAY = new DOMException("", "AbortError");
const element = HTMLMediaElement.prototype as { setSinkId?: unknown };
let setSinkId: ReturnType<typeof vi.fn>;

beforeEach(() => {
  vi.useFakeTimers();
  setSinkId = vi.fn().mockResolvedValue(undefined);
  element.setSinkId = setSinkId;
  vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
});

afterEach(() => {
  // What is said goes by itself.
  act(() => {
    vi.advanceTimersByTime(10_000);
  });
  delete element.setSinkId;
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function choose(call: Fake, speaker: string): void {
  const chosen = call.local.chosen as { value: Choice };
  act(() => {
    chosen.value = { ...chosen.value, speaker };
  });
}

function heardBy(speaker: string): Fake {
  const call = fakeCall();
  choose(call, speaker);
  call.state.sound.value = [new MediaStream(), new MediaStream()];
  mountIn(
    call,
    <>
      <Sound />
      <Toasts />
    </>,
  );
  return call;
}

const pass = (ms: number) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });

test("a speaker that is not ready at once is asked again", async () => {
  setSinkId.mockRejectedValueOnce(AWAY);
  heardBy("s1");
  expect(setSinkId).toHaveBeenCalledTimes(2);
  await pass(30_000);
  expect(setSinkId.mock.calls).toEqual([["s1"], ["s1"], ["s1"]]);
  expect(screen.queryByTestId("toast")).toBeNull();
});

test("one that never answers is told of, once", async () => {
  setSinkId.mockRejectedValue(AWAY);
  const call = heardBy("s1");
  await pass(4_000);
  expect(screen.getAllByTestId("toast")).toHaveLength(1);
  expect(screen.getByTestId("toast").textContent).toContain("динамик не отвечает");
  const tries = setSinkId.mock.calls.length;
  await pass(30_000);
  expect(setSinkId).toHaveBeenCalledTimes(tries);
  choose(call, "");
  choose(call, "s1");
  await pass(4_000);
  expect(screen.getAllByTestId("toast"), "chosen again, told again").toHaveLength(1);
});

test("a remembered one is taken when the browser lists it, and not missed before", async () => {
  setSinkId.mockRejectedValue(AWAY);
  const call = heardBy("remembered");
  await pass(30_000);
  expect(screen.queryByTestId("toast")).toBeNull();
  setSinkId.mockClear().mockResolvedValue(undefined);
  const devices = call.local.devices as { value: typeof call.local.devices.value };
  act(() => {
    devices.value = { ...devices.value, speakers: [{ id: "remembered", label: "Колонки" }] };
  });
  expect(setSinkId).toHaveBeenCalledTimes(2);
});

// iOS pauses what plays for a telephone call, or when another program sounds while the page is away.
describe("sound that the system has paused", () => {
  let paused: boolean;
  let hidden: boolean;
  let play: ReturnType<typeof vi.fn>;

  beforeEach(() => {
    paused = false;
    hidden = false;
    play = vi.mocked(HTMLMediaElement.prototype.play) as typeof play;
    vi.spyOn(HTMLMediaElement.prototype, "paused", "get").mockImplementation(() => paused);
    vi.spyOn(document, "hidden", "get").mockImplementation(() => hidden);
    heardBy("s1");
    play.mockClear();
  });
  const stop = () => {
    paused = true;
    for (const audio of document.querySelectorAll("audio")) audio.dispatchEvent(new Event("pause"));
  };
  const look = (away: boolean) => {
    hidden = away;
    document.dispatchEvent(new Event("visibilitychange"));
  };

  test("goes on by itself", async () => {
    stop();
    await pass(5_000);
    expect(play).toHaveBeenCalledTimes(2);
  });

  test("goes on when the page is looked at again, not before", async () => {
    look(true);
    stop();
    await pass(60_000);
    expect(play).not.toHaveBeenCalled();
    look(false);
    await pass(5_000);
    expect(play).toHaveBeenCalledTimes(2);
  });

  test("is offered by a button where the browser wants a press", async () => {
    play.mockRejectedValue(new DOMException("", "NotAllowedError"));
    stop();
    await pass(5_000);
    expect(screen.getByTestId("hear")).toBeTruthy();
  });

  test("is not touched when it goes on by itself", async () => {
    stop();
    paused = false;
    await pass(5_000);
    look(false);
    await pass(5_000);
    expect(play).not.toHaveBeenCalled();
  });
});
