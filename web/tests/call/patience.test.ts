import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patiently } from "../../src/call/patience";
import { RequestFailed } from "../../src/call/request-failed";

const random = () => 0;

function failed(status: number, code: string, details = {}): RequestFailed {
  return new RequestFailed(status, { code, message: "", details });
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** Fails so until it has been tried `times` times; the moments of the attempts, ms. */
function failing(times: number, failure: RequestFailed) {
  const moments: number[] = [];
  const began = performance.now();
  const attempt = async () => {
    moments.push(Math.round(performance.now() - began));
    if (moments.length <= times) throw failure;
    return "in";
  };
  return { moments, attempt };
}

test.each([
  [503, "unavailable"],
  [502, "unreachable"],
  [0, "unreachable"],
])("%d %s is tried again with growing pauses, and said", async (status, code) => {
  const { moments, attempt } = failing(5, failed(status, code));
  const waiting = vi.fn();
  const done = patiently(attempt, { waiting, random });
  await vi.runAllTimersAsync();
  expect(await done).toBe("in");
  expect(moments).toEqual([0, 250, 750, 1750, 3750, 6250]);
  expect(waiting).toHaveBeenCalledWith(true);
});

test("what the server asks for is waited, and everybody a little longer on his own", async () => {
  const { moments, attempt } = failing(1, failed(429, "rate_limited", { retry_after: 3 }));
  const done = patiently(attempt, { random: () => 0.5 });
  await vi.runAllTimersAsync();
  await done;
  expect(moments).toEqual([0, 3375]);
});

test.each([
  [404, "not_found"],
  [429, "rate_limited"],
  [422, "bad_name"],
  [503, "call_full"],
])("%d %s will not change", async (status, code) => {
  const { moments, attempt } = failing(9, failed(status, code));
  await expect(patiently(attempt)).rejects.toThrow(code);
  expect(moments).toHaveLength(1);
});

test("after a minute and a half the person may decide", async () => {
  const { moments, attempt } = failing(999, failed(503, "unavailable"));
  const done = expect(patiently(attempt, { random })).rejects.toThrow("unavailable");
  await vi.runAllTimersAsync();
  await done;
  expect(moments.at(-1)).toBeGreaterThan(80_000);
});

test("when nobody waits any more there is no further attempt", async () => {
  const { moments, attempt } = failing(5, failed(503, "unavailable"));
  const done = patiently(attempt, { random, over: () => moments.length === 2 });
  const failure = expect(done).rejects.toMatchObject({ status: 503 });
  await vi.runAllTimersAsync();
  await failure;
  expect(moments).toHaveLength(2);
});
