// A call of which tests set every signal, and whose actions only note that they were asked for.
import { type Signal, signal } from "@preact/signals";
import { vi } from "vitest";
import type {
  Bottleneck,
  Call,
  CallActions,
  CallState,
  ConnectionDetails,
  DeviceList,
  Failure,
  Local,
  Notice,
  Person,
  Role,
  Told,
} from "../../src/call";

type Settable<T> = { [K in keyof T]: T[K] extends { value: infer V } ? Signal<V> : T[K] };

export interface FakeCall extends Call {
  readonly state: Settable<CallState> & CallState;
  readonly notices: Signal<readonly Notice[]>;
}

export function person(number: number, traits: Partial<Person> = {}): Person {
  return {
    number,
    name: `Ученик ${String(number).padStart(2, "0")}`,
    role: "guest",
    microphone: false,
    camera: false,
    screen: false,
    quality: "good",
    present: true,
    self: false,
    guestMark: false,
    ...traits,
  };
}

/** Oneself (number 1) and others from 2 on. */
export function classOf(count: number, role: Role = "participant"): readonly Person[] {
  return Array.from({ length: count }, (_, at) =>
    at === 0 ? person(1, { name: "Вера Павловна", role, self: true }) : person(at + 1),
  );
}

const devices: DeviceList = {
  microphones: [
    { id: "m1", label: "Встроенный микрофон" },
    { id: "m2", label: "Гарнитура" },
  ],
  cameras: [{ id: "c1", label: "HD-камера" }],
  speakers: [{ id: "s1", label: "Динамики" }],
};

export function fakeLocal() {
  const microphoneOn = signal(false);
  const cameraOn = signal(false);
  return {
    devices: signal(devices),
    chosen: signal({ microphone: "m1", camera: "c1", speaker: "s1" }),
    microphoneOn,
    cameraOn,
    wanted: { microphone: microphoneOn, camera: cameraOn },
    cameraSilent: signal(false),
    level: signal(0),
    ownCamera: signal<MediaStream | null>(null),
    weakInternet: signal(false),
    notices: signal<readonly Notice[]>([]),
    setMicrophone: vi.fn(async () => undefined),
    setCamera: vi.fn(async () => undefined),
    setWeakInternet: vi.fn(),
    useMicrophone: vi.fn(async () => undefined),
    useCamera: vi.fn(async () => undefined),
    useSpeaker: vi.fn(),
    dismiss: vi.fn(),
    outgoing: { microphone: signal(null), camera: signal(null) },
    close: vi.fn(),
    testSpeaker: vi.fn(async () => true),
  } satisfies Local & Record<string, unknown>;
}

export function fakeActions() {
  return {
    show: vi.fn(),
    seeElsewhere: vi.fn(),
    setMicrophone: vi.fn(async () => undefined),
    setCamera: vi.fn(async () => undefined),
    setScreen: vi.fn(async () => undefined),
    setWeakInternet: vi.fn(),
    say: vi.fn(),
    useMicrophone: vi.fn(async () => undefined),
    useCamera: vi.fn(async () => undefined),
    search: vi.fn(async (_query: string, _offset: number) => ({
      total: 0,
      people: [] as readonly Person[],
    })),
    dismiss: vi.fn(),
    lookForLink: vi.fn(async () => undefined),
    closeLinks: vi.fn(async () => undefined),
    makeLink: vi.fn(async () => undefined),
    leave: vi.fn(),
  } satisfies CallActions;
}

export function fakeCall(people: readonly Person[] = classOf(3)) {
  const own = people.find((one) => one.self);
  const local = fakeLocal();
  const actions = fakeActions();
  const state = {
    phase: signal<"joining" | "connected" | "reconnecting" | "left" | "ended" | "refused">(
      "connected",
    ),
    failure: signal<Failure | null>(null),
    title: signal("Алгебра"),
    you: signal(own?.number ?? 1),
    role: signal<Role>(own?.role ?? "participant"),
    invitation: signal<string | null>(null),
    total: signal(people.length),
    people: signal(people),
    speakers: signal<readonly number[]>([]),
    told: signal<Told>({}),
    pictures: signal(new Map()),
    weakInternet: signal(false),
    spared: signal<ReadonlySet<string>>(new Set()),
    ownCamera: signal<MediaStream | null>(null),
    ownScreen: signal<MediaStream | null>(null),
    microphoneOn: signal(false),
    cameraOn: signal(false),
    cameraRests: signal(false),
    screenOn: signal(false),
    unconfirmed: signal(false),
    level: signal(0),
    quality: signal<"good" | "medium" | "poor" | "lost">("good"),
    details: signal<ConnectionDetails | null>(null),
    bottleneck: signal<Bottleneck>({ kind: "none" }),
    notices: signal<readonly Notice[]>([]),
    sound: signal<readonly MediaStream[]>([]),
  } satisfies CallState;
  return { state, actions, local, close: vi.fn() } satisfies Call;
}
