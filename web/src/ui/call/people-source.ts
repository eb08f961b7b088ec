// Where the participants panel gets its rows: from the call's state while that holds everybody,
// otherwise from the server, a stretch at a time.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Person } from "../../call";
import type { Span } from "../kit/window";
import { byImportance } from "./order";
import { useCall } from "./view";

export interface PeopleSource {
  readonly count: number;
  readonly failed: boolean;
  at(position: number): Person | null;
  need(span: Span): void;
}

/** Wait for the typing to pause, ms. */
const TYPING = 250;

/** Lower case without the dots of ё, which few people type. */
const plain = (text: string) => text.toLocaleLowerCase().normalize("NFD").replaceAll("\u0308", "");

/** The people whose name contains the words of `query`, oneself first, then by importance. */
export function findHere(people: readonly Person[], query: string): readonly Person[] {
  const words = plain(query).split(/\s+/).filter(Boolean);
  const fits = (person: Person) => {
    const name = plain(person.name);
    return words.every((word) => name.includes(word));
  };
  return people.filter(fits).sort((a, b) => Number(b.self) - Number(a.self) || byImportance(a, b));
}

function useRemote(query: string, active: boolean, total: number): PeopleSource {
  const { call } = useCall();
  const [found, setFound] = useState({ query: "", total, failed: false });
  const rows = useRef(new Map<number, Person>());
  const asked = useRef(new Set<number>());
  const ask = (offset: number) => {
    if (asked.current.has(offset)) {
      return;
    }
    asked.current.add(offset);
    const mine = rows.current;
    call.actions.search(query, offset).then(
      (answer) => {
        answer.people.forEach((person, at) => {
          mine.set(offset + at, person);
        });
        if (mine === rows.current) {
          setFound({ query, total: answer.total, failed: false });
        }
      },
      () => {
        asked.current.delete(offset);
        setFound((old) => ({ ...old, failed: true }));
      },
    );
  };
  useEffect(() => {
    if (active) {
      rows.current = new Map();
      asked.current = new Set();
      const timer = setTimeout(() => ask(0), query ? TYPING : 0);
      return () => clearTimeout(timer);
    }
  }, [query, active]);
  return {
    count: found.query === query ? found.total : 0,
    failed: found.failed,
    at: (position) => rows.current.get(position) ?? null,
    need: (span) => {
      for (let at = span.from; at < span.to; at++) {
        if (!rows.current.has(at)) {
          ask(at);
          return;
        }
      }
    },
  };
}

export function usePeople(query: string): PeopleSource {
  const { call } = useCall();
  const people = call.state.people.value;
  const total = call.state.total.value;
  const complete = people.length >= total;
  const here = useMemo(() => (complete ? findHere(people, query) : []), [people, query, complete]);
  const remote = useRemote(query, !complete, total);
  const known = new Map(people.map((person) => [person.number, person]));
  if (complete) {
    return { count: here.length, failed: false, at: (at) => here[at] ?? null, need: () => {} };
  }
  return {
    ...remote,
    at: (position) => {
      const person = remote.at(position);
      return person && (known.get(person.number) ?? person);
    },
  };
}
