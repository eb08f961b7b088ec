// When people are told that the connection is lost. Pure.

/** A cut shorter than this is not worth a banner. */
const AFTER = 2_000;
/** The server holds a seat for so long without a socket. */
const HELD = 90_000;

export interface Cuts {
  readonly socket: number | null;
  readonly media: number | null;
}

/** Since when something has been cut, once that is worth telling; else null. */
export function bannerSince(cuts: Cuts, now: number): number | null {
  const times = [cuts.socket, cuts.media].filter((time) => time !== null);
  const since = Math.min(...times);
  return now - since >= AFTER ? since : null;
}

/** Whether the seat is certainly held still. A cut of the media alone does not cost it. */
export function seatKept({ socket }: Cuts, now: number): boolean {
  return socket === null || now - socket < HELD;
}
