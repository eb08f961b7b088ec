import { expect, test } from "vitest";
import type { Person } from "../../src/call";
import { type Heard, HOLD, hear, mainSpeaker, settle } from "../../src/ui/call/order";
import { findHere } from "../../src/ui/call/people-source";

function person(number: number, name: string, traits: Partial<Person> = {}): Person {
  return {
    number,
    name,
    role: "guest",
    microphone: true,
    camera: false,
    screen: false,
    quality: "good",
    present: true,
    self: false,
    guestMark: false,
    ...traits,
  };
}

const silence: Heard = new Map();
const crowd = (count: number) =>
  Array.from({ length: count }, (_, at) =>
    person(at + 1, `Name ${String(at + 1).padStart(4, "0")}`),
  );

/** Heard by half-second ticks from `from` to `to`. */
function talk(number: number, from: number, to: number, heard: Heard = silence): Heard {
  let all = heard;
  for (let now = from; now <= to; now += 500) {
    all = hear(all, [number], now);
  }
  return all;
}

test("presenter, moderators, pictures, then the rest by name", () => {
  const people = [
    person(1, "Яковлева"),
    person(2, "Ёлкина"),
    person(3, "Борисов", { camera: true }),
    person(4, "Щукин", { role: "host" }),
    person(5, "Эйхе", { screen: true }),
    person(6, "Жуков"),
  ];
  expect(settle([], people, silence, 9, 0)).toEqual([5, 4, 3, 2, 6, 1]);
});

test("whoever comes is put in place and nobody else changes places", () => {
  const before = settle([], crowd(12), silence, 9, 0);
  const after = settle(before, [...crowd(12), person(99, "Name 0004a")], silence, 9, 0);
  expect(after.filter((number) => number !== 99)).toEqual(before);
  expect(after.indexOf(99)).toBe(4);
});

test("whoever leaves closes the gap", () => {
  const before = settle([], crowd(5), silence, 9, 0);
  expect(settle(before, crowd(5).slice(1), silence, 9, 0)).toEqual(before.slice(1));
});

test("a camera turned on or off moves nobody", () => {
  const before = settle([], crowd(4), silence, 9, 0);
  const people = crowd(4).map((one) => (one.number === 4 ? { ...one, camera: true } : one));
  expect(settle(before, people, silence, 9, 0)).toEqual(before);
});

test("talking for less than two seconds brings nobody forward", () => {
  const before = settle([], crowd(20), silence, 9, 0);
  expect(settle(before, crowd(20), talk(15, 0, 1500), 9, 1500)).toEqual(before);
});

test("talking for two seconds takes exactly one place on the first page", () => {
  const before = settle([], crowd(20), silence, 9, 0);
  const after = settle(before, crowd(20), talk(15, 0, 2000), 9, 2000);
  expect(after.slice(0, 9)).toContain(15);
  expect(after.filter((number, at) => number !== before[at])).toHaveLength(2);
});

test("talking on the first page moves nobody", () => {
  const before = settle([], crowd(20), silence, 9, 0);
  expect(settle(before, crowd(20), talk(5, 0, 4000), 9, 4000)).toEqual(before);
});

test("whoever was just heard keeps the place for five seconds", () => {
  const people = crowd(3);
  const order = settle([], people, silence, 1, 0);
  const heard = talk(2, 0, 2000);
  const second = settle(order, people, heard, 1, 2000);
  expect(second[0]).toBe(2);
  const third = talk(3, 2500, 5000, heard);
  expect(settle(second, people, third, 1, 5000)[0]).toBe(2);
  const later = talk(3, 5500, 2000 + HOLD + 500, third);
  expect(settle(second, people, later, 1, 2000 + HOLD + 500)[0]).toBe(3);
});

test("moderators and presenters never give up their place", () => {
  const people = [person(1, "А", { role: "host" }), person(2, "Б"), person(3, "В")];
  const order = settle([], people, silence, 1, 0);
  expect(settle(order, people, talk(3, 0, 3000), 1, 3000)[0]).toBe(1);
});

/** How often anything of anybody is looked at while these people are settled and settled again. */
function looks(people: readonly Person[]): number {
  let count = 0;
  const counted = people.map(
    (one) =>
      new Proxy(one, {
        get(target, name, receiver) {
          count++;
          return Reflect.get(target, name, receiver);
        },
      }),
  );
  const order = settle([], counted, silence, 9, 0);
  expect(order).toHaveLength(people.length);
  settle(order, counted, silence, 9, 0);
  return count;
}

test("two thousand people cost little more than twice as much as one thousand", () => {
  expect(looks(crowd(2000))).toBeLessThan(2.5 * looks(crowd(1000)));
});

test("the main speaker stays until another has talked for two seconds", () => {
  const present = new Set([1, 2]);
  const first = talk(1, 0, 3000);
  expect(mainSpeaker(null, present, first, 3000)).toBe(1);
  const cough = talk(2, 5000, 5500, first);
  expect(mainSpeaker(1, present, cough, 5500)).toBe(1);
  expect(mainSpeaker(1, present, talk(2, 6000, 7000, cough), 7000)).toBe(2);
  expect(mainSpeaker(1, new Set([2]), first, 9000)).toBe(null);
});

test("search finds any part of the name, ё as е, oneself first", () => {
  const people = [
    person(1, "Петров Фёдор"),
    person(2, "Ёлкина Анна"),
    person(3, "Елкин Пётр", { self: true }),
  ];
  expect(findHere(people, "елк").map((one) => one.number)).toEqual([3, 2]);
  expect(findHere(people, "федор ПЕТ").map((one) => one.number)).toEqual([1]);
  expect(findHere(people, "нет такого")).toEqual([]);
  expect(findHere(people, "")).toHaveLength(3);
});
