// Live sound and pictures are never paused on purpose. iOS does so for a telephone call, or for another
// program while the page is away, and does not always go on afterwards.

/** Before that the system has not given back what it took, and would refuse (ms). */
const AFTER = 2_000;

/** Calls `play` where the system has paused `element` and somebody is there; returns what ends it. */
export function keepPlaying(element: HTMLMediaElement, play: () => void): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (element.paused && !element.ownerDocument.hidden) {
        play();
      }
    }, AFTER);
  };
  element.addEventListener("pause", look, options);
  element.ownerDocument.addEventListener("visibilitychange", look, options);
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}
