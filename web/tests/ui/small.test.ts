import { expect, test } from "vitest";
import { readKey } from "../../src/ui/call/shortcuts";
import { fitToolbar } from "../../src/ui/call/toolbar-fit";
import { failurePage, worthRetrying } from "../../src/ui/failure";
import { initials, TINTS, tint } from "../../src/ui/kit/initials";
import { visibleRows } from "../../src/ui/kit/window";
import { browserFamily } from "../../src/ui/prejoin/browser";

const pressed = (
  code: string,
  key = "",
  held: Partial<Record<"ctrlKey" | "altKey" | "metaKey", boolean>> = {},
) => readKey({ code, key, ctrlKey: false, altKey: false, metaKey: false, ...held });

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
  expect(pressed("KeyM", "ь")).toEqual({ do: "microphone" });
  expect(pressed("KeyV", "м")).toEqual({ do: "camera" });
  expect(pressed("Space", " ")).toEqual({ do: "talk" });
  expect(pressed("Digit7", "?")).toEqual({ do: "shortcuts" });
  expect(pressed("Slash", "?")).toEqual({ do: "shortcuts" });
  expect(pressed("Digit0", "0")).toEqual({ do: "focus", position: 0 });
  expect(pressed("Numpad9", "9")).toEqual({ do: "focus", position: 9 });
});

test("keys of the browser are left to the browser", () => {
  expect(pressed("KeyT", "t", { ctrlKey: true })).toBeNull();
  expect(pressed("KeyW", "w", { metaKey: true })).toBeNull();
  expect(pressed("KeyD", "d", { altKey: true })).toBeNull();
  expect(pressed("KeyQ", "q")).toBeNull();
});

test("the toolbar drops from the right and keeps four buttons always", () => {
  expect(fitToolbar(900)).toEqual({ arrows: true, shown: ["share", "participants", "layout"] });
  expect(fitToolbar(400).arrows).toBe(false);
  expect(fitToolbar(344).shown).toEqual(["share", "participants"]);
  expect(fitToolbar(300).shown).toEqual(["share"]);
  expect(fitToolbar(200).shown).toEqual([]);
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
