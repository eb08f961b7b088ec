// Says that the page closes: the others see it at once, instead of a ghost until the seat expires.
import type { ClosedPage } from "../wire/messages";
import { CLOSED_PATH } from "./rest";

/** Calls `seat` when the page goes; null: there is nothing to say. Returns what stops it. */
export function sayWhenClosed(seat: () => ClosedPage | null): () => void {
  const stop = new AbortController();
  const say = (event: PageTransitionEvent) => {
    const closed = seat();
    // A page that is only put aside goes on in a moment.
    if (closed === null || event.persisted) return;
    const body = new Blob([JSON.stringify(closed)], { type: "application/json" });
    navigator.sendBeacon(CLOSED_PATH, body);
  };
  addEventListener("pagehide", say, { signal: stop.signal });
  return () => stop.abort();
}
