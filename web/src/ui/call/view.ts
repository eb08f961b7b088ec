// How this person looks at the call: layout, page, pinned person, open panels. Derived from the
// call's state and the person's choices; draws nothing.
import { computed, effect, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Call, Person } from "../../call";
import { recall, remember } from "../kit/remembered";
import { type Heard, hear, mainSpeaker, settle } from "./order";

export type Layout = "auto" | "grid" | "speaker";
export type Mode = "grid" | "speaker" | "presentation";
export type Panel = "people" | "invite";
export type Window = "statistics" | "settings" | "shortcuts" | "end" | "replace";

/** How often speech is looked at, ms. */
const TICK = 500;

const savedLayout = (): Layout => {
  const saved = recall("layout");
  return saved === "grid" || saved === "speaker" ? saved : "auto";
};

export function createView(call: Call) {
  const { state } = call;
  const layout = signal<Layout>(savedLayout());
  const pinned = signal<number | null>(null);
  const page = signal(0);
  const pageSize = signal(9);
  const order = signal<readonly number[]>([]);
  const main = signal<number | null>(null);
  let heard: Heard = new Map();

  const others = computed(() => state.people.value.filter((person) => !person.self));
  const own = computed(() => state.people.value.find((person) => person.self) ?? null);
  const byNumber = computed(
    () => new Map(state.people.value.map((person) => [person.number, person])),
  );
  const arranged = computed(() =>
    order.value.flatMap((number): Person[] => {
      const person = byNumber.value.get(number);
      return person ? [person] : [];
    }),
  );
  const presenters = computed(() => others.value.filter((person) => person.screen));
  const presenting = computed(() => presenters.value.length > 0 || state.screenOn.value);
  const mode = computed<Mode>(() => {
    if (pinned.value !== null && byNumber.value.has(pinned.value)) {
      return "speaker";
    }
    if (presenting.value && layout.value !== "grid") {
      return "presentation";
    }
    return layout.value === "speaker" ? "speaker" : "grid";
  });

  const arrange = () => {
    const now = performance.now();
    const people = others.value;
    heard = hear(heard, state.speakers.value, now);
    const next = settle(order.peek(), people, heard, pageSize.value, now);
    if (next.join() !== order.peek().join()) {
      order.value = next;
    }
    const present = new Set(people.map((person) => person.number));
    main.value = mainSpeaker(main.peek(), present, heard, now) ?? next[0] ?? null;
  };
  const stop = effect(arrange);
  const timer = setInterval(arrange, TICK);

  return {
    layout,
    pinned,
    page,
    pageSize,
    main,
    own,
    arranged,
    presenters,
    presenting,
    mode,
    panel: signal<Panel | null>(null),
    window: signal<Window | null>(null),
    stripHidden: signal(false),
    selfHidden: signal(false),
    moderator: computed(() => state.role.value === "host" || state.role.value === "co_admin"),
    choose(next: Layout) {
      remember("layout", next);
      layout.value = next;
      pinned.value = null;
    },
    pin(number: number) {
      pinned.value = pinned.peek() === number ? null : number;
    },
    close() {
      stop();
      clearInterval(timer);
    },
  };
}

export type View = ReturnType<typeof createView>;

export const CallContext = createContext<{ readonly call: Call; readonly view: View } | null>(null);

/** The call that the component is drawn in. */
export function useCall(): { readonly call: Call; readonly view: View } {
  const context = useContext(CallContext);
  if (!context) {
    throw new Error("drawn outside a call");
  }
  return context;
}
