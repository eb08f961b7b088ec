// Whether anybody can see the call: its page, or a small window that shows it above others.

interface SmallWindow {
  readonly window: Window | null;
}

export function outOfSight(): boolean {
  if (document.visibilityState !== "hidden") return false;
  const small = (window as { documentPictureInPicture?: SmallWindow }).documentPictureInPicture;
  return !small?.window && !document.pictureInPictureElement;
}

/** Calls `changed` when the page is looked away from or back at; returns what stops it. */
export function watchSight(changed: () => void): () => void {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}
