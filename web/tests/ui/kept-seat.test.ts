import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { spentLink } from "../../src/ui/failure";
import { keepSeat, keptSeat } from "../../src/ui/kept-seat";

const HOUR = 3600_000;
const info = {
  title: "Алгебра",
  role: "participant",
  state: "running",
  participants: 3,
  media: [],
} as const;
const seat = {
  entered: { grant: "g", path: "/api/call", name: "Анна", since: 0, resume: "secret" },
  info: { ...info, media: [] },
};
let stored: Map<string, string>;

beforeEach(() => {
  stored = new Map();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  });
});

afterEach(() => vi.unstubAllGlobals());

test("a seat is found again by its link alone, until it is given up", () => {
  keepSeat("one", seat);
  expect(keptSeat("one", HOUR)).toEqual(seat);
  expect(keptSeat("two", HOUR)).toBeNull();
  keepSeat("one", null);
  expect(keptSeat("one", HOUR)).toBeNull();
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
