import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Notices } from "../../src/call/notices";
import { ScreenShare } from "../../src/call/screen";
import { FakeTrack } from "./fake-browser";

let tracks: { video: FakeTrack; audio: FakeTrack };
let choose: () => void;
let asked: number;
let wishes: DisplayMediaStreamOptions | undefined;
let supported: Record<string, boolean>;
let screen: ScreenShare;

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
  screen = new ScreenShare(media as unknown as MediaDevices, new Notices());
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
