import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sayWhenClosed } from "../../src/call/closing";

const seat = { grant: "g", resume: "r", page: "p" };
let page: EventTarget;
let said: { path: string; body: Blob }[];

beforeEach(() => {
  page = new EventTarget();
  said = [];
  vi.stubGlobal("addEventListener", page.addEventListener.bind(page));
  vi.stubGlobal("navigator", {
    sendBeacon: (path: string, body: Blob) => said.push({ path, body }),
  });
});

afterEach(() => vi.unstubAllGlobals());

function hide(persisted: boolean): void {
  page.dispatchEvent(Object.assign(new Event("pagehide"), { persisted }));
}

test("a page that closes says whose seat it leaves", async () => {
  sayWhenClosed(() => seat);
  hide(false);
  expect(said.map(({ path }) => path)).toEqual(["/api/seat/closed"]);
  expect(said[0]?.body.type).toBe("application/json");
  expect(JSON.parse((await said[0]?.body.text()) ?? "")).toEqual(seat);
});

// Safari does so with a call, ends its socket without a word and stops its devices: nobody is there.
test("one that is put aside for the way back says it, too", () => {
  sayWhenClosed(() => seat);
  hide(true);
  expect(said).toHaveLength(1);
});

test("one that has no seat, or has left says nothing", () => {
  let held: typeof seat | null = null;
  const stop = sayWhenClosed(() => held);
  hide(false);
  held = seat;
  stop();
  hide(false);
  expect(said).toEqual([]);
});
