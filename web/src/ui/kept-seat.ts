// The seat this browser has in a call, so that a page that is loaded again takes it back. The tab's
// own is taken without a word (`sessionStorage`). Another tab finds it, too (`localStorage`), but
// asks first, and only while the server holds it: the next pupil at the same machine must not sit
// down on it.
import type { Entered, LinkInfo } from "../call";

/** A grant is good for 12 h; one that would end within the hour is not worth trying. */
const GOOD_FOR = 11 * 3600_000;

export interface KeptSeat {
  readonly entered: Entered;
  /** The link itself may be used up or revoked by now; a seat that is held does not depend on it. */
  readonly info: LinkInfo;
  /** What was on or being opened when it was last told; of a page that is not in the call there is none. */
  readonly devices?: { readonly microphone: boolean; readonly camera: boolean };
}

interface Shared extends KeptSeat {
  /** Which tab wrote it: a tab that was replaced must not wipe out what its successor wrote. */
  readonly tab: string;
}

const key = (link: string) => `zvonok.seat.${link}`;

const tab = Math.random().toString(36).slice(2);

function read<T extends KeptSeat>(storage: () => Storage, link: string, now: number): T | null {
  try {
    const seat = JSON.parse(storage().getItem(key(link)) ?? "null") as T | null;
    return seat !== null && now - seat.entered.since < GOOD_FOR ? seat : null;
  } catch {
    return null;
  }
}

function write(storage: () => Storage, link: string, seat: KeptSeat | null): void {
  try {
    if (seat === null) {
      storage().removeItem(key(link));
    } else {
      storage().setItem(key(link), JSON.stringify(seat));
    }
  } catch {
    // Where storage is forbidden, a reload means a new seat.
  }
}

const ofTab = () => sessionStorage;
const ofBrowser = () => localStorage;

/** The one of this tab. */
export function keptSeat(link: string, now: number): KeptSeat | null {
  return read(ofTab, link, now);
}

/** The one of any tab of this browser. */
export function sharedSeat(link: string, now: number): KeptSeat | null {
  return read(ofBrowser, link, now);
}

/** This tab's seat is another tab's now, which keeps it itself: what it wrote may not be seen here yet. */
export function passSeatOn(link: string): void {
  write(ofTab, link, null);
}

/** This tab's page is before the call, and loaded again it is to be there, too. */
export function stayOutside(link: string, { entered, info }: KeptSeat): void {
  write(ofTab, link, { entered, info });
}

/** null: the seat was given up. */
export function keepSeat(link: string, seat: KeptSeat | null): void {
  write(ofTab, link, seat);
  if (seat !== null) {
    const shared: Shared = { ...seat, tab };
    write(ofBrowser, link, shared);
  } else if (read<Shared>(ofBrowser, link, 0)?.tab === tab) {
    write(ofBrowser, link, null);
  }
}

/** The path of the page that was loaded again, as by F5, before anything else was shown; else null. */
export function reloadedPath(): string | null {
  const [entry] = performance.getEntriesByType("navigation");
  const { type, name } = (entry ?? {}) as Partial<PerformanceNavigationTiming>;
  return type === "reload" && name !== undefined ? new URL(name, location.href).pathname : null;
}
