import { beforeAll, expect, test, vi } from "vitest";

type Links = typeof import("../../src/ui/route");
type Keys = typeof import("../../src/ui/start/school-key");
let links: Links;
let keys: Keys;
const replaced: string[] = [];
const kept = new Map<string, string>();

beforeAll(async () => {
  vi.stubGlobal("location", {
    pathname: "/",
    search: "",
    hash: "#key=s3cret%2Bkey",
    origin: "https://school.example",
  });
  vi.stubGlobal("history", {
    replaceState: (_: null, __: string, to: string) => replaced.push(to),
  });
  vi.stubGlobal("addEventListener", () => {});
  vi.stubGlobal("sessionStorage", {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  });
  links = await import("../../src/ui/route");
  keys = await import("../../src/ui/start/school-key");
});

test("a lesson's address is read, and what is no address of ours", () => {
  expect(links.readPath("/j/Fz9wQ2rT8vXk1LmN4pYb7A")).toEqual({
    page: "lesson",
    link: "Fz9wQ2rT8vXk1LmN4pYb7A",
  });
  expect(links.readPath("/j/abcd/").page).toBe("lesson");
  expect(links.readPath("/")).toEqual({ page: "start" });
  for (const path of ["/j/", "/j/a b", "/j/abcd/more", "/x/abcd"]) {
    expect(links.readPath(path)).toEqual({ page: "unknown" });
  }
});

test("a pasted link is found in whatever was pasted", () => {
  const token = "Fz9wQ2rT8vXk1LmN4pYb7A";
  for (const text of [
    `https://school.example/j/${token}`,
    `  http://10.0.0.5:8443/j/${token}/?x=1 `,
    `Урок здесь: https://school.example/j/${token} приходите`,
    `/j/${token}`,
    token,
  ]) {
    expect(links.linkFromText(text)).toBe(token);
  }
  for (const text of ["", "привет", "https://school.example/", "javascript:alert(1)", "/j/"]) {
    expect(links.linkFromText(text)).toBeNull();
  }
});

test("the key is taken over and leaves the address", () => {
  keys.takeKeyFromAddress();
  expect(keys.schoolKey.value).toBe("s3cret+key");
  expect(replaced).toEqual(["/"]);
  expect([...kept.values()]).toEqual(["s3cret+key"]);
  keys.forgetKey();
  expect(keys.schoolKey.value).toBeNull();
  expect(kept.size).toBe(0);
});

test("a fragment without a key is left alone", () => {
  expect(keys.keyFromFragment("#section")).toBeNull();
  expect(keys.keyFromFragment("#key=")).toBeNull();
  expect(keys.keyFromFragment("")).toBeNull();
});
