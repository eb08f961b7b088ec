import { expect, test } from "vitest";
import { nameOf } from "../../src/ui/call/pressed";
import { fitToolbar } from "../../src/ui/call/toolbar-fit";
import { failurePage, worthRetrying } from "../../src/ui/failure";
import { initials, TINTS, tint } from "../../src/ui/kit/initials";
import { visibleRows } from "../../src/ui/kit/window";
import { browserFamily } from "../../src/ui/prejoin/browser";

const pressed = (
  code: string,
  key = "",
  held: Partial<Record<"ctrlKey" | "altKey" | "metaKey", boolean>> = {},
) => nameOf({ code, key, ctrlKey: false, altKey: false, metaKey: false, ...held });

test("initials are those of the first two words", () => {
  expect(initials("Ёлкина анна-мария")).toBe("ЁА");
  expect(initials("Римская-Корсакова")).toBe("Р");
  expect(initials("  Ким   (7 «Б») ")).toBe("К7");
  expect(initials("O’Neill Sean Patrick")).toBe("OS");
  expect(initials("🙂 𝒜da")).toBe("𝒜");
  expect(initials("")).toBe("?");
  expect(initials("<script>alert(1)</script>")).toBe("S");
});

test("a tint is one of those there are", () => {
  for (const number of [0, 1, 7, 8, 2000, 2 ** 30 - 1]) {
    expect(tint(number)).toBeGreaterThanOrEqual(0);
    expect(tint(number)).toBeLessThan(TINTS);
  }
});

test("keys go by place, so the Russian layout works", () => {
  expect(pressed("KeyM", "ь")).toBe("M");
  expect(pressed("KeyV", "м")).toBe("V");
  expect(pressed("KeyJ", "о")).toBe("J");
  expect(pressed("Space", " ")).toBe("Space");
  expect(pressed("Digit7", "?")).toBe("?");
  expect(pressed("Slash", "?")).toBe("?");
  expect(pressed("Digit0", "0")).toBe("0");
  expect(pressed("Numpad9", "9")).toBe("9");
  expect(pressed("ArrowUp", "ArrowUp")).toBeNull();
});

test("the number pad without NumLock moves about the page and picks nobody", () => {
  const moves = ["Insert", "End", "ArrowDown", "PageDown", "ArrowLeft", "Clear", "ArrowRight"];
  for (const [digit, key] of [...moves, "Home", "ArrowUp", "PageUp"].entries()) {
    expect(pressed(`Numpad${digit}`, key), key).toBeNull();
    expect(pressed(`Numpad${digit}`, String(digit))).toBe(String(digit));
  }
});

test("keys of the browser are left to the browser", () => {
  expect(pressed("KeyT", "t", { ctrlKey: true })).toBeNull();
  expect(pressed("KeyW", "w", { metaKey: true })).toBeNull();
  expect(pressed("KeyD", "d", { altKey: true })).toBeNull();
});

test("the toolbar drops from the right and keeps four buttons always", () => {
  expect(fitToolbar(900, 3)).toEqual({ arrows: true, shown: 3 });
  expect(fitToolbar(400, 3).arrows).toBe(false);
  expect(fitToolbar(344, 3).shown).toBe(2);
  expect(fitToolbar(300, 3).shown).toBe(1);
  expect(fitToolbar(200, 3).shown).toBe(0);
  expect(fitToolbar(344, 2).shown).toBe(2);
});

test("only the rows on screen and a few more are drawn", () => {
  const span = visibleRows(2000, 56, 56 * 1000, 560);
  expect(span.from).toBeLessThanOrEqual(1000);
  expect(span.to).toBeGreaterThanOrEqual(1010);
  expect(span.to - span.from).toBeLessThan(30);
  expect(visibleRows(0, 56, 0, 560)).toEqual({ from: 0, to: 0 });
  expect(visibleRows(3, 56, 5000, 560)).toEqual({ from: 3, to: 3 });
});

test("every refusal has a page, an unknown one the general page", () => {
  const page = (code: string) => failurePage({ code, message: "", details: {} });
  expect(page("not_found")).toBe("link_unknown");
  expect(page("link_expired")).toBe("link_expired");
  expect(page("call_ended")).toBe("ended");
  expect(page("call_full")).toBe("full");
  expect(page("constructor")).toBe("other");
  expect(page("something_new")).toBe("other");
  expect(worthRetrying("full")).toBe(true);
  expect(worthRetrying("link_revoked")).toBe(false);
});

test("the permission steps are those of the browser", () => {
  expect(browserFamily("Mozilla/5.0 Gecko/20100101 Firefox/153.0")).toBe("firefox");
  expect(browserFamily("AppleWebKit/605 Version/18.0 Safari/605")).toBe("safari");
  expect(browserFamily("AppleWebKit/537 Chrome/156.0 Safari/537")).toBe("chromium");
});
