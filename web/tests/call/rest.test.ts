import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { closeLinks, enter, giveUpSeat, lookUp, openLink } from "../../src/call/rest";

const busy = (details: object) => ({
  status: 503,
  body: { error: { code: "unavailable", message: "try again", details } },
});
const entered = { status: 200, body: { grant: "g", path: "/api/call", role: "guest", name: "A" } };

/** Gives these replies in turn, the last one for ever. */
function answering(...replies: { status: number; body: object }[]) {
  const ask = vi.fn(async (_path: string, _init: RequestInit) => {
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    const text = reply?.status === 204 ? null : JSON.stringify(reply?.body);
    return new Response(text, { status: reply?.status ?? 500 });
  });
  vi.stubGlobal("fetch", ask);
  return ask;
}

async function outcome(asked: Promise<unknown>): Promise<unknown> {
  const settled = asked.catch((problem: unknown) => problem);
  await vi.runAllTimersAsync();
  return settled;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("who is told to come again comes again by himself", async () => {
  const ask = answering(busy({ retry_after: 1 }), busy({ retry_after: 1 }), entered);
  expect(await outcome(enter("link", "A"))).toMatchObject({ grant: "g" });
  expect(ask).toHaveBeenCalledTimes(3);
});

test("every attempt to enter has the same key, and each entry another", async () => {
  const ask = answering(busy({}), busy({}), entered);
  await outcome(enter("link", "A"));
  await outcome(enter("link", "A"));
  const keys = ask.mock.calls.map(([, init]) => JSON.parse(String(init.body)).key);
  expect(keys[0]).toMatch(/^[\w-]{22}$/);
  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(keys[3]).not.toBe(keys[0]);
});

test("closing the links of the class leaves those of hosts and what is closed already", async () => {
  const link = (token: string, role: string, revoked: boolean) => ({ token, role, revoked });
  const links = [
    link("h", "host", false),
    link("old", "participant", true),
    link("one", "participant", false),
    link("two", "participant", false),
  ];
  const ask = answering({ status: 200, body: { links } }, { status: 200, body: {} });
  const seat = { grant: "g", since: 0, resume: null, path: "/api/call", lesson: "l", name: "A" };
  await outcome(closeLinks(seat));
  expect(ask.mock.calls.map(([path, { method }]) => `${method} ${path}`)).toEqual([
    "GET /api/lessons/l/links",
    "DELETE /api/lessons/l/links/one",
    "DELETE /api/lessons/l/links/two",
  ]);
});

test("the link of the class is the first one that lets anybody in", async () => {
  const seat = { grant: "g", since: 0, resume: null, path: "/api/call", lesson: "l", name: "A" };
  const link = { role: "participant", revoked: false, expires: null, max_uses: null, uses: 7 };
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  const links = [
    { ...link, token: "h", role: "host" },
    { ...link, token: "closed", revoked: true },
    { ...link, token: "past", expires: at(-1000) },
    { ...link, token: "spent", max_uses: 7 },
    { ...link, token: "good", expires: at(1000), max_uses: 8 },
    { ...link, token: "later" },
  ];
  const ask = answering({ status: 200, body: { links } });
  expect(await openLink(seat)).toBe("good");
  expect(ask.mock.calls.map(([path]) => path)).toEqual(["/api/lessons/l/links"]);
  answering({ status: 200, body: { links: links.slice(0, 4) } });
  expect(await openLink(seat)).toBeNull();
});

test.each([
  ["2100", "2026-11-26T12:00:00Z", "good"],
  ["2000", "2026-11-26T14:00:00Z", null],
])(
  "whether a link has expired goes by the server's clock, whatever a clock of %s says",
  async (year, said, open) => {
    const link = { role: "participant", revoked: false, max_uses: null, uses: 7 };
    const links = [{ ...link, token: "good", expires: "2026-11-26T13:00:00+00:00" }];
    vi.setSystemTime(`${year}-01-01T00:00:00Z`);
    const headers = { Date: new Date(said).toUTCString() };
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ links }), { headers }));
    const seat = { grant: "g", since: 0, resume: null, path: "/api/call", lesson: "l", name: "A" };
    expect(await openLink(seat)).toBe(open);
  },
);

test("who leaves while the network is away has left as soon as it is back", async () => {
  const there = answering({ status: 204, body: {} });
  let attempts = 0;
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    attempts += 1;
    if (attempts < 4) throw new TypeError("network");
    return there(path, init);
  });
  await outcome(giveUpSeat({ grant: "g", resume: "r", page: "p" }));
  const [path, init] = there.mock.calls[0] ?? [];
  expect(path).toBe("/api/seat/closed");
  expect(init?.keepalive).toBe(true);
  expect(JSON.parse(String(init?.body))).toEqual({
    grant: "g",
    resume: "r",
    page: "p",
    left: true,
  });
});

test("not for ever", async () => {
  const ask = answering(busy({ retry_after: 1 }));
  const began = performance.now();
  expect(await outcome(lookUp("link"))).toMatchObject({ failure: { code: "unavailable" } });
  expect(performance.now() - began).toBeLessThanOrEqual(90_000);
  expect(ask.mock.calls.length).toBeGreaterThan(5);
});

test("a busy server is asked again even when it says nothing of when, and so is a limit that does", async () => {
  for (const refusal of [busy({}), { ...busy({ retry_after: 1 }), status: 429 }]) {
    const ask = answering(refusal, entered);
    expect(await outcome(enter("link", "A"))).toMatchObject({ grant: "g" });
    expect(ask).toHaveBeenCalledTimes(2);
  }
});

test("what does not help, or not soon, is for the person to decide", async () => {
  for (const refusal of [busy({ retry_after: 600 }), { ...busy({}), status: 429 }]) {
    const ask = answering(refusal);
    await outcome(enter("link", "A"));
    expect(ask).toHaveBeenCalledTimes(1);
  }
});
