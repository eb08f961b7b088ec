import { expect, test } from "vitest";
import { Commands, isCommand } from "../../src/call/commands";

test("of several wishes about the same thing the last is kept", () => {
  const commands = new Commands(() => 0.5);
  const first = commands.add({ type: "media", media: { microphone: true } });
  const second = commands.add({ type: "media", media: { microphone: false } });
  commands.add({ type: "quality", quality: "poor" });
  expect(first.command).not.toBe(second.command);
  expect(commands.all().map(({ type }) => type)).toEqual(["media", "quality"]);
  expect(commands.answered(first.command ?? "")).toBe(false);
  expect(commands.waits("media")).toBe(true);
  expect(commands.answered(second.command ?? "")).toBe(true);
  expect(commands.waits("media")).toBe(false);
});

test("ids are as short as the protocol wants them, and another page has others", () => {
  const id = (random: number) => new Commands(() => random).add({ type: "end" }).command;
  expect(id(0.999999)).toMatch(/^[\w-]{1,16}$/);
  expect(id(0.1)).not.toBe(id(0.2));
});

test("what changes nothing is no command", () => {
  expect(isCommand({ type: "ping" })).toBe(false);
  expect(isCommand({ type: "end" })).toBe(true);
});

test("whatever may have an id is a command", () => {
  expect(isCommand({ type: "size", size: 30 })).toBe(true);
  expect(isCommand({ type: "view", tiles: [] })).toBe(false);
});

test("what was wished last is said last", () => {
  const commands = new Commands(() => 0.5);
  commands.add({ type: "quality", quality: "poor" });
  commands.add({ type: "size", size: 30 });
  commands.add({ type: "quality", quality: "good" });
  expect(commands.all().map(({ type }) => type)).toEqual(["size", "quality"]);
});

test("in another seat only what is on and how it comes through are said again", () => {
  const commands = new Commands(() => 0.5);
  commands.add({ type: "media", media: {} });
  commands.add({ type: "quality", quality: "poor" });
  commands.add({ type: "size", size: 30 });
  commands.add({ type: "end" });
  commands.forget();
  expect(commands.all().map(({ type }) => type)).toEqual(["media", "quality"]);
});

/** Such as a command that names a person. */
const about = (of: number) => ({ type: "end", of }) as { type: "end" };

test("what is about two things is said of both, and what is said twice once", () => {
  const commands = new Commands(() => 0.5);
  commands.add(about(1));
  commands.add({ type: "quality", quality: "poor" });
  commands.add(about(2));
  const again = commands.add(about(1));
  expect(commands.all()).toMatchObject([{ type: "quality" }, { of: 2 }, { of: 1 }]);
  expect(commands.all().at(-1)?.command).toBe(again.command);
});

test("more than the server knows again is not kept, and one's own media always are", () => {
  const commands = new Commands(() => 0.5);
  commands.add({ type: "media", media: {} });
  for (let of = 0; of < 50; of++) commands.add(about(of));
  expect(commands.all()).toHaveLength(32);
  expect(commands.waits("media")).toBe(true);
  expect(commands.all().at(-1)).toMatchObject({ of: 49 });
});
