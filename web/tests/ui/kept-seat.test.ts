import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { spentLink } from "../../src/ui/failure";
import { keepSeat, keptSeat, passSeatOn, sharedSeat } from "../../src/ui/kept-seat";

const HOUR = 3600_000;
const info = {
  title: "Алгебра",
  role: "participant",
  state: "running",
  participants: 3,
  media: [],
} as const;
const seat = {
  entered: { grant: "g", path: "/api/call", lesson: "l", name: "Анна", since: 0, resume: "secret" },
  info: { ...info, media: [] },
};
let stored: Map<string, string>;
let shared: Map<string, string>;

function storageIn(map: Map<string, string>) {
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => map.set(key, value),
    removeItem: (key: string) => map.delete(key),
  };
}

beforeEach(() => {
  stored = new Map();
  shared = new Map();
  vi.stubGlobal("sessionStorage", storageIn(stored));
  vi.stubGlobal("localStorage", storageIn(shared));
});

afterEach(() => vi.unstubAllGlobals());

test("a seat is found again by its link alone, until it is given up", () => {
  keepSeat("one", seat);
  expect(keptSeat("one", HOUR)).toEqual(seat);
  expect(keptSeat("two", HOUR)).toBeNull();
  keepSeat("one", null);
  expect(keptSeat("one", HOUR)).toBeNull();
});

test("another tab of the same browser finds it, and keeps what it wrote itself", () => {
  keepSeat("one", seat);
  expect(sharedSeat("one", HOUR)).toMatchObject(seat);
  const [key = ""] = [...shared.keys()];
  shared.set(key, JSON.stringify({ ...seat, tab: "another" }));
  keepSeat("one", null);
  expect(keptSeat("one", HOUR)).toBeNull();
  expect(sharedSeat("one", HOUR)).toMatchObject(seat);
});

test("a tab that was replaced leaves the seat to its successor, whose word is not seen yet", () => {
  keepSeat("one", seat);
  passSeatOn("one");
  expect(keptSeat("one", HOUR)).toBeNull();
  expect(sharedSeat("one", HOUR)).toMatchObject(seat);
});

test("a grant about to end is not tried", () => {
  keepSeat("one", seat);
  expect(keptSeat("one", 11 * HOUR)).toBeNull();
});

test("without storage, and with rubbish in it, there is no seat", () => {
  stored.set("zvonok.seat.one", "{");
  expect(keptSeat("one", 0)).toBeNull();
  vi.stubGlobal("sessionStorage", undefined);
  keepSeat("one", seat);
  expect(keptSeat("one", 0)).toBeNull();
});

test("a link that is spent does not keep out those who have a seat; a lesson that ended does", () => {
  const says = (code: string) => spentLink({ code, message: "", details: {} });
  expect(["link_used_up", "link_revoked", "link_expired"].every(says)).toBe(true);
  expect(["call_ended", "not_found", "unreachable"].some(says)).toBe(false);
});
