// A pretended call engine for the stories: signals one can set, and no network.
import { computed, effect, signal } from "@preact/signals";
import type {
  Call,
  CallActions,
  DeviceList,
  Failure,
  LinkInfo,
  Notice,
  Person,
  Phase,
  Picture,
  Preview,
  Quality,
  Reach,
  Role,
  Told,
  WantedTile,
} from "../../call";
import { bottleneck } from "../../call/bottleneck";
import { spare } from "../../call/sparing";
import type { Engine } from "../engine";
import { connectionDetails } from "./connection";
import { nameOf } from "./names";
import * as pictures from "./pictures";

export interface Scene {
  readonly people: number;
  readonly role: Role;
  readonly sharing: "nobody" | "other" | "own";
  readonly notices: readonly Notice[];
  readonly phase: Phase;
  readonly camera: boolean;
  readonly weakInternet: boolean;
  /** What the figures of the connection say, for the window with them. */
  readonly bottleneck: string;
  readonly devices: boolean;
  readonly failure: Failure | null;
  readonly told: Told;
  readonly reach: Reach;
}

const qualities: readonly Quality[] = ["good", "good", "medium", "good", "poor", "good", "good"];

const INVITATION = "Fz9wQ2rT8vXk1LmN4pYb7A";

function personAt(number: number, scene: Scene): Person {
  const own = number === 1;
  const host = scene.role === "host" ? own : number === 2;
  return {
    number,
    name: own ? "Ольга Синицына" : nameOf(number),
    role: own ? scene.role : host ? "host" : "guest",
    microphone: own ? true : host || number % 4 === 0,
    camera: own ? scene.camera : host || number % 3 !== 2,
    screen: scene.sharing === "other" && number === 2,
    quality: number === 7 ? "lost" : (qualities[number % 7] ?? "good"),
    present: number !== 7,
    self: own,
    guestMark: number === 5,
  };
}

const someDevices: DeviceList = {
  microphones: [
    { id: "m1", label: "Встроенный микрофон" },
    { id: "m2", label: "Гарнитура Logitech H390 (046d:0a8f)" },
  ],
  cameras: [{ id: "c1", label: "HD-камера (0408:5365)" }],
  speakers: [
    { id: "s1", label: "Динамики" },
    { id: "s2", label: "Гарнитура Logitech H390" },
  ],
};
const noDevices: DeviceList = { microphones: [], cameras: [], speakers: [] };

function pretendLocal(scene: Scene): Preview {
  const microphoneOn = signal(scene.camera);
  const cameraOn = signal(scene.camera);
  const level = signal(0.2);
  const notices = signal(scene.notices);
  const weakInternet = signal(scene.weakInternet);
  const chosen = signal({ microphone: "m1", camera: "c1", speaker: "s1" });
  const picture = pictures.person(3);
  setInterval(() => {
    level.value = microphoneOn.value ? 0.1 + 0.3 * Math.random() : 0;
  }, 200);
  return {
    devices: signal(scene.devices ? someDevices : noDevices),
    chosen,
    microphoneOn,
    cameraOn,
    wanted: { microphone: microphoneOn, camera: cameraOn },
    cameraSilent: signal(false),
    level,
    ownCamera: computed(() => (cameraOn.value ? picture : null)),
    weakInternet,
    setWeakInternet: (on) => {
      weakInternet.value = on;
      cameraOn.value &&= !on;
    },
    notices,
    setMicrophone: async (on) => {
      microphoneOn.value = on && scene.devices;
    },
    setCamera: async (on) => {
      cameraOn.value = on && scene.camera;
    },
    useMicrophone: async (id) => {
      chosen.value = { ...chosen.value, microphone: id };
    },
    useCamera: async (id) => {
      chosen.value = { ...chosen.value, camera: id };
    },
    useSpeaker: (id) => {
      chosen.value = { ...chosen.value, speaker: id };
    },
    dismiss: (notice) => {
      notices.value = notices.value.filter((one) => one !== notice);
    },
    outgoing: { microphone: signal(null), camera: signal(null) },
    close: () => {},
    testSpeaker: async () => true,
  };
}

export function pretendCall(scene: Scene, local: Preview = pretendLocal(scene)): Call {
  const everybody = Array.from({ length: scene.people }, (_, at) => personAt(at + 1, scene));
  const matters = everybody.filter(
    (one) => scene.people <= 60 || one.self || one.number <= 40 || one.role === "host",
  );
  const phase = signal<Phase>(scene.phase);
  const screenOn = signal(scene.sharing === "own");
  const invitation = signal(scene.role === "host" ? INVITATION : null);
  const shown = signal<ReadonlyMap<string, Picture>>(new Map());
  const kept = new Map<string, MediaStream>();
  const quality = signal<Quality>(scene.bottleneck === "lost" ? "lost" : "good");
  const details = computed(() => connectionDetails(scene.bottleneck, sparing.value.asked));
  const rests = signal(scene.bottleneck === "rests");
  const wanted = signal<readonly WantedTile[]>([]);
  const sparing = computed(() => {
    if (!local.weakInternet.value) return { asked: wanted.value, spared: new Set<string>() };
    return spare(wanted.value, (number) => everybody[number - 1]);
  });
  const draw = (tiles: readonly WantedTile[]) => {
    const nothing = connectionDetails(scene.bottleneck, tiles).tiles.filter(
      ({ layer, reason }) => layer === null && reason !== "tile",
    );
    const without = new Set(nothing.map((tile) => `${tile.participant}:${tile.kind}`));
    const next = tiles.map(({ participant, kind }): [string, Picture] => {
      const key = `${participant}:${kind}`;
      const stream =
        kept.get(key) ?? (kind === "screen" ? pictures.lessonPage() : pictures.person(participant));
      kept.set(key, stream);
      return [
        key,
        {
          participant,
          kind,
          frozen: false,
          stream: participant === 10 || without.has(key) ? null : stream,
        },
      ];
    });
    shown.value = new Map(next);
  };
  effect(() => draw(sparing.value.asked));
  const actions: CallActions = {
    show: (tiles) => {
      wanted.value = tiles;
    },
    setWeakInternet: local.setWeakInternet,
    seeElsewhere: () => undefined,
    setMicrophone: local.setMicrophone,
    setCamera: local.setCamera,
    say: (command) => {
      if (command.type === "end") {
        phase.value = "ended";
      }
    },
    setScreen: async (on) => {
      screenOn.value = on;
    },
    useMicrophone: local.useMicrophone,
    useCamera: local.useCamera,
    search: async (query, offset) => {
      const found = everybody.filter((one) => one.name.toLowerCase().includes(query.toLowerCase()));
      return { total: found.length, people: found.slice(offset, offset + 50) };
    },
    dismiss: local.dismiss,
    lookForLink: async () => undefined,
    closeLinks: async () => {
      invitation.value = null;
    },
    makeLink: async () => {
      invitation.value = INVITATION;
    },
    leave: () => {
      phase.value = "left";
    },
  };
  const own = computed(() =>
    matters.map((one) =>
      one.self
        ? { ...one, microphone: local.microphoneOn.value, camera: local.cameraOn.value }
        : one,
    ),
  );
  return {
    local,
    actions,
    close: () => {},
    state: {
      phase,
      failure: signal(scene.failure),
      title: signal("Алгебра, 8 «Б»"),
      you: signal(1),
      role: signal(scene.role),
      invitation,
      total: signal(scene.people),
      people: own,
      speakers: signal([2, 4]),
      told: signal(scene.told),
      pictures: shown,
      weakInternet: local.weakInternet,
      spared: computed(() => sparing.value.spared),
      ownCamera: local.ownCamera,
      ownScreen: signal(null),
      microphoneOn: local.microphoneOn,
      cameraOn: local.cameraOn,
      cameraRests: rests,
      screenOn,
      unconfirmed: signal(false),
      level: local.level,
      quality,
      details,
      bottleneck: computed(() =>
        bottleneck(quality.value, details.value, (number) => everybody[number - 1], rests.value),
      ),
      notices: local.notices,
      sound: signal([]),
    },
  };
}

export function pretendEngine(scene: Scene): Engine {
  const info: LinkInfo = {
    title: "Алгебра, 8 «Б»",
    role: scene.role === "host" ? "host" : "participant",
    participants: scene.people,
    state: "running",
    media: ["198.51.100.7:8081", "[2001:db8::7]:8081"],
  };
  return {
    checkNetwork: () => ({ reach: signal(scene.reach), close: () => {} }),
    createLesson: async (_key, title) => ({
      id: "1",
      title,
      hostLink: "hQ7c2Xv9Kp3TzL5mW8nR1g",
      participantLink: "Fz9wQ2rT8vXk1LmN4pYb7A",
    }),
    lookAtSeat: async () => null,
    lookUp: async () => {
      if (scene.failure) {
        throw Object.assign(new Error("refused"), { failure: scene.failure });
      }
      return info;
    },
    enter: async () => ({ grant: "", path: "", lesson: "", name: "", since: 0, resume: null }),
    createPreview: () => pretendLocal(scene),
    createCall: (_grant, { local }) => pretendCall(scene, local as Preview),
  };
}
