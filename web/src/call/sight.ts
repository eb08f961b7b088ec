// Whether anybody can see the page of the call.

export function outOfSight(): boolean {
  return document.visibilityState === "hidden";
}

/** Calls `changed` when the page is looked away from or back at; returns what stops it. */
export function watchSight(changed: () => void): () => void {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}
