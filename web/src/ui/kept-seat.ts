// The seat this tab has in a call, so that reloading the page takes it back. Kept for the tab only
// (`sessionStorage`): another tab, or the next pupil at the same machine, must not sit down on it.
import type { Entered, LinkInfo } from "../call";

/** A grant is good for 12 h; one that would end within the hour is not worth trying. */
const GOOD_FOR = 11 * 3600_000;

export interface KeptSeat {
  readonly entered: Entered;
  /** The link itself may be used up or revoked by now; a seat that is held does not depend on it. */
  readonly info: LinkInfo;
}

const key = (link: string) => `zvonok.seat.${link}`;

export function keptSeat(link: string, now: number): KeptSeat | null {
  try {
    const seat = JSON.parse(sessionStorage.getItem(key(link)) ?? "null") as KeptSeat | null;
    return seat !== null && now - seat.entered.since < GOOD_FOR ? seat : null;
  } catch {
    return null;
  }
}

/** null: the seat was given up. */
export function keepSeat(link: string, seat: KeptSeat | null): void {
  try {
    if (seat === null) {
      sessionStorage.removeItem(key(link));
    } else {
      sessionStorage.setItem(key(link), JSON.stringify(seat));
    }
  } catch {
    // Where storage is forbidden, a reload means a new seat.
  }
}
