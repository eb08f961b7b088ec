import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Notices } from "../../src/call/notices";
import { ScreenShare } from "../../src/call/screen";
import type { Notice } from "../../src/call/state";
import { FakeTrack } from "./fake-browser";

let tracks: { video: FakeTrack; audio: FakeTrack };
let choose: () => void;
let asked: number;
let wishes: DisplayMediaStreamOptions | undefined;
let supported: Record<string, boolean>;
let screen: ScreenShare;
let notices: Notices;

beforeEach(() => {
  tracks = { video: new FakeTrack(), audio: new FakeTrack() };
  vi.stubGlobal("navigator", {});
  asked = 0;
  supported = {};
  const stream = {
    getTracks: () => [tracks.video, tracks.audio],
    getVideoTracks: () => [tracks.video],
    getAudioTracks: () => [tracks.audio],
  };
  const getDisplayMedia = (options: DisplayMediaStreamOptions) => {
    asked += 1;
    wishes = options;
    return new Promise((resolve) => {
      choose = () => resolve(stream);
    });
  };
  const media = { getDisplayMedia, getSupportedConstraints: () => supported };
  notices = new Notices();
  screen = new ScreenShare(media as unknown as MediaDevices, notices);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

test("what is chosen is shown and heard until it is stopped", async () => {
  const started = screen.start();
  choose();
  await started;
  expect([screen.video.value, screen.audio.value]).toEqual([tracks.video, tracks.audio]);
  screen.stop();
  expect([screen.video.value, screen.audio.value]).toEqual([null, null]);
  expect([tracks.video.stopped, tracks.audio.stopped]).toEqual([true, true]);
});

test("a screen that is chosen after the call is over is let go at once", async () => {
  const started = screen.start();
  screen.close();
  choose();
  await started;
  expect([screen.video.value, screen.audio.value]).toEqual([null, null]);
  expect([tracks.video.stopped, tracks.audio.stopped]).toEqual([true, true]);
});

test("after the call nobody is asked for a screen", async () => {
  screen.close();
  await screen.start();
  expect(asked).toBe(0);
});

test("a correction by the server while somebody chooses does not take the choice away", async () => {
  const started = screen.start();
  screen.stop();
  choose();
  await started;
  expect(screen.video.value).toBe(tracks.video);
});

test("whoever shows a screen is told no longer why an earlier one was not shown, or not any more", async () => {
  const said: Notice[] = [
    { kind: "permission_denied", device: "screen" },
    { kind: "screen_replaced", by: 2 },
    { kind: "refused", failure: { code: "screen_taken", message: "", details: { by: 2 } } },
    { kind: "device_lost", device: "camera" },
    { kind: "weak_connection" },
  ];
  for (const notice of said) notices.add(notice);
  const started = screen.start();
  expect(notices.all.value, "nothing is chosen yet").toEqual(said);
  choose();
  await started;
  expect(notices.all.value).toEqual(said.slice(3));
});

test("a refusal of something else stays when a screen is shown", async () => {
  notices.add({ kind: "refused", failure: { code: "forbidden", message: "", details: {} } });
  const started = screen.start();
  choose();
  await started;
  expect(notices.all.value).toHaveLength(1);
});

describe("the class does not hear itself from the computer's sound", () => {
  test.each([
    ["Windows", true],
    ["macOS", true],
    // Chromium knows the word there, too, and leaves the sound as it is.
    ["Chrome OS", false],
    ["Linux", false],
  ])("on %s it is kept out: %s; else its echo is cancelled", async (platform, keptOut) => {
    vi.stubGlobal("navigator", { userAgentData: { platform } });
    supported = { restrictOwnAudio: true };
    void screen.start();
    expect(wishes?.audio).toMatchObject({ restrictOwnAudio: true, echoCancellation: !keptOut });
  });

  test.each([
    ["an older Chromium", { userAgentData: { platform: "Windows" } }],
    ["another browser", {}],
  ])("%s cancels its echo", async (_which, browser) => {
    vi.stubGlobal("navigator", browser);
    void screen.start();
    expect(wishes?.audio).toMatchObject({ echoCancellation: true, noiseSuppression: false });
  });
});
