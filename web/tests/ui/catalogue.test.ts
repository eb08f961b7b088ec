import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { en } from "../../src/i18n/en";
import { number, pickLanguage, plural, setLanguage, t } from "../../src/i18n/language";
import { ru } from "../../src/i18n/ru";

const SOURCES = join(import.meta.dirname, "../../src");

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return entry.name === "i18n" || entry.name === "story" ? [] : sources(path);
    }
    return /\.tsx?$/.test(entry.name) ? [readFileSync(path, "utf8")] : [];
  });
}

const written = sources(join(SOURCES, "ui"));
const literals = new Set(
  written.flatMap((text) =>
    [...text.matchAll(/"([a-z_]+(?:\.[a-z_0-9]+)+)"/g)].map((one) => one[1]),
  ),
);
const patterns = written.flatMap((text) =>
  [...text.matchAll(/`([a-z_]+\.[^`\s]*\$\{[^`]*)`/g)].map(
    (one) =>
      new RegExp(`^${(one[1] ?? "").replace(/\./g, "\\.").replace(/\$\{[^}]*\}/g, "[a-z_0-9]+")}$`),
  ),
);
const isUsed = (key: string) => literals.has(key) || patterns.some((one) => one.test(key));
const placeholders = (text: unknown) =>
  [...JSON.stringify(text).matchAll(/\{(\w+)\}/g)].map((one) => one[1]).sort();

afterEach(() => setLanguage("ru"));

test("both languages have the same keys", () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(ru).sort());
});

test("every key is used somewhere in the interface", () => {
  expect(written.length).toBeGreaterThan(40);
  expect(Object.keys(ru).filter((key) => !isUsed(key))).toEqual([]);
});

test("a key nobody uses would be noticed", () => {
  expect(isUsed("start.no_such_key")).toBe(false);
});

test("no text is empty and both languages fill in the same values", () => {
  for (const key of Object.keys(ru) as (keyof typeof ru)[]) {
    expect(JSON.stringify(ru[key]), key).not.toMatch(/""/);
    expect(new Set(placeholders(en[key])), key).toEqual(new Set(placeholders(ru[key])));
  }
});

test("the interface has no Cyrillic outside the catalogue", () => {
  for (const text of written) {
    expect(text.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, "")).not.toMatch(/[А-Яа-яЁё]/);
  }
});

test("Russian numbers take their forms", () => {
  setLanguage("ru");
  const counts = [1, 2, 5, 11, 21, 104, 2000];
  expect(counts.map((count) => plural("count.people", count))).toEqual(
    [
      "1 участник",
      "2 участника",
      "5 участников",
      "11 участников",
      "21 участник",
      "104 участника",
      "2000 участников",
    ].map((text) => text.replace("2000", number(2000))),
  );
});

test("English numbers take theirs", () => {
  setLanguage("en");
  expect(plural("count.people", 1)).toBe("1 person");
  expect(plural("count.people", 2000)).toBe("2,000 people");
});

test("values are put in, unknown places stay", () => {
  setLanguage("en");
  expect(t("tile.you", { name: "Ann {name}" })).toBe("Ann {name} (you)");
  expect(t("tile.you")).toBe("{name} (you)");
});

test("the language is the remembered one, else the browser's, else Russian", () => {
  expect(pickLanguage("en", ["ru-RU"])).toBe("en");
  expect(pickLanguage("xx", ["de-DE", "en-GB"])).toBe("en");
  expect(pickLanguage(null, ["kk-KZ", "en"])).toBe("ru");
  expect(pickLanguage(null, ["de-DE"])).toBe("ru");
  expect(pickLanguage(null, [])).toBe("ru");
});
