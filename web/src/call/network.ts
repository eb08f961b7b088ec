// What the page is told of its network.

export interface NetworkEvents {
  /** Perhaps another network: old paths may be dead. */
  changed(): void;
}

/** Returns what stops watching. */
export function watchNetwork(events: NetworkEvents): () => void {
  const stop = new AbortController();
  const options = { signal: stop.signal };
  addEventListener("online", () => events.changed(), options);
  // Not in every browser, and not in TypeScript's library.
  const connection = "connection" in navigator ? navigator.connection : undefined;
  if (connection instanceof EventTarget) {
    connection.addEventListener("change", () => events.changed(), options);
  }
  return () => stop.abort();
}
