// Every code that our servers and our own engine can give has words, and no page shows the code.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Language, setLanguage } from "../../src/i18n/language";
import { failurePage, knownCodes } from "../../src/ui/failure";
import { FailureView } from "../../src/ui/failure-view";
import { noticeText } from "../../src/ui/notice-text";
import { mount, screen } from "./mount";

const ROOT = join(import.meta.dirname, "../../..");
const SERVER = /(?:\bRefusal\(\s*\d{3},|\bErrorBody\(|\b_error\()\s*"([a-z_]+)"/g;
const OURS = /\bcode: "([a-z_]+)"/g;

function codesIn(folder: string, ending: RegExp, pattern: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => ending.test(name))
    .flatMap((name) => {
      const text = readFileSync(join(ROOT, folder, name), "utf8");
      return [...text.matchAll(pattern)].map((one) => one[1] as string);
    });
}

const codes = new Set([
  ...["signaling", "sfu", "zvonok"].flatMap((folder) => codesIn(folder, /\.py$/, SERVER)),
  ...codesIn("web/src/call", /\.ts$/, OURS),
]);

const failure = (code: string) => ({ code, message: "in English, for programs", details: {} });
const languages: readonly Language[] = ["ru", "en"];

test("the codes are found at all", () => {
  expect(codes.size).toBeGreaterThan(35);
  for (const code of ["call_full", "screen_taken", "session_lost", "bad_request", "unreachable"]) {
    expect(codes).toContain(code);
  }
});

test("every code has a page of words", () => {
  expect([...codes].filter((code) => !knownCodes.has(code)).sort()).toEqual([]);
});

test("no page is kept for a code that nobody gives any more", () => {
  const ownPages = new Set(["replaced", "unsupported", "unreachable", "screen_unsupported"]);
  const stale = [...knownCodes].filter((code) => !codes.has(code) && !ownPages.has(code));
  expect(stale).toEqual([]);
});

test("no notice shows a code or the server's own words", () => {
  for (const language of languages) {
    setLanguage(language);
    for (const code of [...codes, "code_of_next_year"]) {
      const said = noticeText({ kind: "refused", failure: failure(code) });
      expect(said, code).toMatch(/^\p{Lu}.*[.!]$/su);
      expect(said, code).not.toMatch(/[a-z]_[a-z]|for programs|\{/);
    }
  }
});

test("no failure page shows a code or the server's own words", () => {
  for (const code of [...codes, "code_of_next_year"]) {
    mount(<FailureView failure={failure(code)} onRetry={() => undefined} />);
    expect(document.body.textContent, code).not.toMatch(/[a-z]_[a-z]|for programs|\{/);
    document.body.replaceChildren();
  }
});

test("only what trying again can help offers it", () => {
  const retries = (code: string) => {
    mount(<FailureView failure={failure(code)} onRetry={() => undefined} />);
    const found = screen.queryByTestId("retry") !== null;
    document.body.replaceChildren();
    return found;
  };
  expect(retries("call_full")).toBe(true);
  expect(retries("link_revoked")).toBe(false);
  expect(retries("not_found")).toBe(false);
  expect(failurePage(failure("constructor"))).toBe("other");
});
