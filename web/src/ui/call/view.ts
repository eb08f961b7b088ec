// How this person looks at the call: layout, page, pinned person, open panels. Derived from the
// call's state and the person's choices; draws nothing.
import { computed, effect, signal, useComputed } from "@preact/signals";
import { type ComponentType, createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Call, Person, Told } from "../../call";
import { recall, remember } from "../kit/remembered";
import { type Heard, hear, mainSpeaker, settle } from "./order";
import { createWanted } from "./wanted";

export type Layout = "auto" | "grid" | "speaker";
export type Mode = "grid" | "speaker" | "presentation";
/** A side panel, drawn while it is the view's. */
export type Panel = ComponentType;
/** A dialog, drawn while it is the view's. */
export type Window = ComponentType<{ onClose: () => void }>;

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
  const wanted = createWanted(call);
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
  const panel = signal<Panel | null>(null);
  const window = signal<Window | null>(null);
  const stop = effect(arrange);
  const timer = setInterval(arrange, TICK);

  return {
    layout,
    pinned,
    page,
    pageSize,
    wanted,
    /** Page of the strip beside a large picture. */
    stripPage: signal(0),
    /** The window of its own that shows faces, while it is open. */
    faces: signal<globalThis.Window | null>(null),
    main,
    own,
    arranged,
    presenters,
    presenting,
    mode,
    panel,
    window,
    /** Whether the microphone is on only while a key is held. */
    talking: signal(false),
    stripHidden: signal(false),
    selfHidden: signal(false),
    moderator: computed(() => isModerator({ role: state.role.value })),
    /** The room for tiles has changed: whoever stood first on the page is still on it. */
    resize(size: number) {
      page.value = Math.floor((page.peek() * pageSize.peek()) / size);
      pageSize.value = size;
    },
    openPanel(next: Panel) {
      panel.value = next;
    },
    togglePanel(next: Panel) {
      panel.value = panel.peek() === next ? null : next;
    },
    closePanel() {
      panel.value = null;
    },
    openWindow(next: Window) {
      window.value = next;
    },
    closeWindow() {
      window.value = null;
    },
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
      wanted.close();
      clearInterval(timer);
    },
  };
}

export function isModerator({ role }: Pick<Person, "role">): boolean {
  return role === "host" || role === "co_admin";
}

/** Whether the call has come to its end, at least for this person. */
export function isOver({ call: { state } }: Pick<Here, "call">): boolean {
  return ["left", "ended", "refused"].includes(state.phase.value);
}

/** Whether a person is heard now: while the line is cut, who was heard last is no news. */
export function isHeard({ call: { state } }: Here, person: Person): boolean {
  return (
    person.microphone &&
    state.phase.value === "connected" &&
    state.speakers.value.includes(person.number)
  );
}

/** Whether one's own screen may take the place of the one that is shown, as the server sees it. */
export function mayReplace({ view }: Here): boolean {
  const presenter = view.presenters.value[0];
  return view.moderator.value || presenter === undefined || !isModerator(presenter);
}

export type View = ReturnType<typeof createView>;

/** What every control and component of the call works with. */
export interface Here {
  readonly call: Call;
  readonly view: View;
}

export const CallContext = createContext<Here | null>(null);

/** The call that the component is drawn in. */
export function useCall(): Here {
  const context = useContext(CallContext);
  if (!context) {
    throw new Error("drawn outside a call");
  }
  return context;
}

/** What the server told last under this type; the component follows that and nothing else. */
export function useTold<Type extends keyof Told>(type: Type): Told[Type] {
  const { state } = useCall().call;
  return useComputed(() => state.told.value[type]).value;
}
