import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Searches } from "../../src/call/searches";
import type { ClientMessage } from "../../src/wire/messages";

let sent: ClientMessage[];
let searches: Searches;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  searches = new Searches((message) => sent.push(message));
});

afterEach(() => {
  vi.useRealTimers();
});

function idOf(index: number): number {
  const message = sent[index];
  return message?.type === "search" ? message.id : -1;
}

test("answers find their questions in any order", async () => {
  const one = searches.ask({ query: "Ёл" });
  const two = searches.ask({ numbers: [5] });
  searches.found({ type: "found", id: idOf(1), total: 1, participants: [] });
  searches.found({ type: "found", id: idOf(0), total: 2, participants: [] });
  expect((await one).total).toBe(2);
  expect((await two).total).toBe(1);
});

test("a refusal and a silence reject", async () => {
  const refused = searches.ask({ query: "a" });
  const silent = searches.ask({ query: "b" });
  const failure = { code: "rate_limited", message: "slow", details: {} };
  expect(searches.refused(idOf(0), failure)).toBe(true);
  expect(searches.refused(0, failure)).toBe(false);
  await expect(refused).rejects.toThrow("rate_limited");
  vi.advanceTimersByTime(10_000);
  await expect(silent).rejects.toThrow("unreachable");
});
