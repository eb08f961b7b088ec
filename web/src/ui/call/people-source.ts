// Where the participants panel gets its rows: from the call's state while that holds everybody,
// otherwise from the server, a stretch at a time.
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Person } from "../../call";
import type { Span } from "../kit/window";
import { byImportance } from "./order";
import { useCall } from "./view";

export interface PeopleSource {
  readonly count: number;
  /** Nothing is known yet. */
  readonly waiting: boolean;
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

/** People in one answer of the server. */
const STRETCH = 50;

/** How long comings and goings are collected before the list is fetched anew, ms. */
const REFRESH = 2000;

type Rows = Map<number, Person>;

function useRemote(query: string, active: boolean, total: number): PeopleSource {
  const { call } = useCall();
  const [found, setFound] = useState({ query: "", total, failed: false });
  const rows = useRef<Rows>(new Map());
  /** What was known before the last refresh, shown until the new rows are here. */
  const stale = useRef<Rows>(new Map());
  const asked = useRef(new Set<number>());
  const begun = useRef<string | null>(null);
  const ask = (offset: number) => {
    if (asked.current.has(offset)) {
      return;
    }
    asked.current.add(offset);
    const mine = rows.current;
    const together = asked.current;
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
        const now = () => mine === rows.current;
        if (!now()) {
          return;
        }
        setFound((old) => ({ ...old, failed: true }));
        // Not at once: what is refused would be asked again and again, until the server closes the socket.
        setTimeout(() => {
          together.delete(offset);
          if (now()) {
            setFound((old) => ({ ...old }));
          }
        }, REFRESH);
      },
    );
  };
  useEffect(() => {
    if (!active) {
      return;
    }
    const fresh = begun.current !== query;
    const begin = () => {
      begun.current = query;
      stale.current = fresh ? new Map() : rows.current;
      rows.current = new Map();
      asked.current = new Set();
      ask(0);
    };
    const timer = setTimeout(begin, fresh ? (query ? TYPING : 0) : REFRESH);
    return () => clearTimeout(timer);
  }, [query, active, total]);
  return {
    count: found.query === query ? found.total : 0,
    waiting: found.query !== query,
    failed: found.failed,
    at: (position) => rows.current.get(position) ?? stale.current.get(position) ?? null,
    need: (span) => {
      for (let at = span.from; at < span.to && begun.current === query; at++) {
        if (!rows.current.has(at)) {
          // Whole stretches: else each step of scrolling would ask for almost the same again.
          ask(at - (at % STRETCH));
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
    return {
      count: here.length,
      waiting: false,
      failed: false,
      at: (at) => here[at] ?? null,
      need: () => {},
    };
  }
  return {
    ...remote,
    at: (position) => {
      const person = remote.at(position);
      return person && (known.get(person.number) ?? person);
    },
  };
}
