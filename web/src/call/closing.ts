// Says that the page closes: the others see it at once, instead of a ghost until the seat expires.
import type { ClosedPage } from "../wire/messages";
import { CLOSED_PATH } from "./rest";

/** Calls `seat` when the page goes; null: there is nothing to say. Returns what stops it. */
export function sayWhenClosed(seat: () => ClosedPage | null): () => void {
  const stop = new AbortController();
  // Also when the page is only put aside for the way back (`persisted`): its socket is ended, by the
  // browser or by the server at this word, and if it is ever seen again it takes its seat back.
  const say = () => {
    const closed = seat();
    if (closed === null) return;
    const body = new Blob([JSON.stringify(closed)], { type: "application/json" });
    navigator.sendBeacon(CLOSED_PATH, body);
  };
  addEventListener("pagehide", say, { signal: stop.signal });
  return () => stop.abort();
}
