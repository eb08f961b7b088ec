import { beforeEach, expect, test } from "vitest";
import { Notices } from "../../src/call/notices";
import { ScreenShare } from "../../src/call/screen";

class FakeTrack {
  stopped = false;
  onended: (() => void) | null = null;
  stop(): void {
    this.stopped = true;
  }
}

let tracks: { video: FakeTrack; audio: FakeTrack };
let choose: () => void;
let asked: number;
let screen: ScreenShare;

beforeEach(() => {
  tracks = { video: new FakeTrack(), audio: new FakeTrack() };
  asked = 0;
  const stream = {
    getTracks: () => [tracks.video, tracks.audio],
    getVideoTracks: () => [tracks.video],
    getAudioTracks: () => [tracks.audio],
  };
  const getDisplayMedia = () => {
    asked += 1;
    return new Promise((resolve) => {
      choose = () => resolve(stream);
    });
  };
  screen = new ScreenShare({ getDisplayMedia } as unknown as MediaDevices, new Notices());
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
