// Who stands where in the grid. The order is settled once and then moves as little as possible: a
// person who talks is brought onto the first page only after 2 s of speech, in the place of
// whoever mattered least there, and nobody on the first page ever moves because of talking.
import type { Person } from "../../call";

/** A person must speak this long (ms, pauses below `PAUSE` do not count) to be brought forward. */
export const SPEAKS_FOR = 2000;
export const PAUSE = 1000;
/** A person brought forward stays at least this long (ms). */
export const HOLD = 5000;

export interface Speech {
  readonly since: number;
  readonly last: number;
}
export type Heard = ReadonlyMap<number, Speech>;

/** What was heard so far, after `speakers` were heard at `now` (ms). */
export function hear(heard: Heard, speakers: readonly number[], now: number): Heard {
  const next = new Map(heard);
  for (const number of speakers) {
    const before = heard.get(number);
    const goesOn = before !== undefined && now - before.last <= PAUSE;
    next.set(number, { since: goesOn ? before.since : now, last: now });
  }
  return next;
}

function rank(person: Person): number {
  if (person.screen) {
    return 0;
  }
  if (person.role === "host" || person.role === "co_admin") {
    return 1;
  }
  return person.camera ? 2 : 3;
}

const alphabet = new Intl.Collator("ru");

/** Presenter, moderators, those with a picture, the rest by name. */
export function byImportance(a: Person, b: Person): number {
  return rank(a) - rank(b) || alphabet.compare(a.name, b.name) || a.number - b.number;
}

/** `order` with each newcomer before the first person that matters less than he does. */
function merge(order: readonly Person[], newcomers: readonly Person[]): Person[] {
  const merged: Person[] = [];
  let next = 0;
  for (const person of order) {
    for (let one = newcomers[next]; one && byImportance(one, person) < 0; one = newcomers[next]) {
      merged.push(one);
      next++;
    }
    merged.push(person);
  }
  return merged.concat(newcomers.slice(next));
}

function qualifies(person: Person, heard: Heard, now: number): boolean {
  const speech = heard.get(person.number);
  return speech !== undefined && now - speech.last <= PAUSE && now - speech.since >= SPEAKS_FOR;
}

/** The least needed person of the first page that may be moved away, or -1. */
function leastNeeded(page: readonly Person[], heard: Heard, now: number): number {
  let found = -1;
  let foundLast = Number.POSITIVE_INFINITY;
  page.forEach((person, index) => {
    const last = heard.get(person.number)?.last ?? Number.NEGATIVE_INFINITY;
    if (rank(person) >= 2 && now - last > HOLD && last <= foundLast) {
      found = index;
      foundLast = last;
    }
  });
  return found;
}

/** The order (numbers) that follows `previous`, with `people` (without oneself) as they are now. */
export function settle(
  previous: readonly number[],
  people: readonly Person[],
  heard: Heard,
  size: number,
  now: number,
): readonly number[] {
  const byNumber = new Map(people.map((person) => [person.number, person]));
  const kept = previous.flatMap((number) => byNumber.get(number) ?? []);
  const placed = new Set(previous);
  const newcomers = people.filter((one) => !placed.has(one.number)).sort(byImportance);
  const order = merge(kept, newcomers);
  for (const person of order.slice(size)) {
    if (rank(person) < 2 || qualifies(person, heard, now)) {
      const place = leastNeeded(order.slice(0, size), heard, now);
      if (place < 0) {
        break;
      }
      const from = order.indexOf(person);
      order[from] = order[place] as Person;
      order[place] = person;
    }
  }
  return order.map((person) => person.number);
}

/** Whom the speaker view shows large: the loudest other, once they spoke 2 s or nobody was there. */
export function mainSpeaker(
  current: number | null,
  present: ReadonlySet<number>,
  heard: Heard,
  now: number,
): number | null {
  const kept = current !== null && present.has(current) ? current : null;
  const keptSpeech = kept === null ? undefined : heard.get(kept);
  if (keptSpeech && now - keptSpeech.last <= PAUSE) {
    return kept;
  }
  let next = kept;
  let longest = -1;
  for (const [number, speech] of heard) {
    const spoken = speech.last - speech.since;
    const talking = now - speech.last <= PAUSE && (kept === null || spoken >= SPEAKS_FOR);
    if (present.has(number) && talking && spoken > longest) {
      next = number;
      longest = spoken;
    }
  }
  return next;
}
