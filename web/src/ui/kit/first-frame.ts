// When a video element shows its first frame; before that it is black.

/** Calls `painted` once; returns what stops waiting. */
export function whenPainted(video: HTMLVideoElement, painted: () => void): () => void {
  if ("requestVideoFrameCallback" in video) {
    const handle = video.requestVideoFrameCallback(painted);
    return () => video.cancelVideoFrameCallback(handle);
  }
  const stop = new AbortController();
  const old: HTMLVideoElement = video;
  old.addEventListener("playing", painted, { once: true, signal: stop.signal });
  return () => stop.abort();
}
