import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Video } from "../../src/ui/kit/video";
import { mount } from "./mount";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test("a picture that the system has paused goes on", async () => {
  const play = vi.spyOn(HTMLMediaElement.prototype, "play").mockResolvedValue(undefined);
  mount(<Video stream={new MediaStream()} />);
  const video = document.querySelector("video") as HTMLVideoElement;
  play.mockClear();
  vi.spyOn(video, "paused", "get").mockReturnValue(true);
  video.dispatchEvent(new Event("pause"));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(play).toHaveBeenCalledOnce();
});
