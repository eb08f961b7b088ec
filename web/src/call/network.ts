// What the page is told of its network, and when it is looked at again.
import { outOfSight } from "./sight";

export interface NetworkEvents {
  /** Perhaps another network: old paths may be dead. */
  changed(): void;
  /** Back after what may have been a sleep: nothing may have got through meanwhile. */
  back(): void;
}

/** Returns what stops watching. */
export function watchNetwork(events: NetworkEvents): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  addEventListener("online", () => events.changed(), options);
  document.addEventListener("visibilitychange", () => outOfSight() || events.back(), options);
  // Not in every browser, and not in TypeScript's library.
  const connection = "connection" in navigator ? navigator.connection : undefined;
  if (connection instanceof EventTarget) {
    let before = typeOf(connection);
    const change = () => {
      const now = typeOf(connection);
      // It is told also that an estimate of the line has moved, on computers that alone.
      if (now !== before) events.changed();
      before = now;
    };
    connection.addEventListener("change", change, options);
  }
  return () => stop.abort();
}

function typeOf(connection: object): unknown {
  return "type" in connection ? connection.type : undefined;
}
