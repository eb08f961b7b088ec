// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type CallOptions, createPreview, type Entered, type Preview } from "../../src/call";
import { type KeptSeat, keepSeat, keptSeat, sharedSeat } from "../../src/ui/kept-seat";
import { returnToSeat, takeSeat } from "../../src/ui/take-seat";
import { FakeTrack, settle } from "../call/fake-browser";
import { fakeCall } from "./fake-call";

const info = {
  title: "Алгебра",
  role: "participant" as const,
  state: "running" as const,
  participants: 3,
  media: [],
};
const entered: Entered = {
  grant: "g",
  path: "/api/call",
  lesson: "l",
  name: "Анна",
  since: 0,
  resume: null,
};
const seated: Entered = { ...entered, resume: "secret" };

type Question = (allowed: boolean) => Promise<void>;

/** The browser's questions that stand, the oldest first. */
let questions: Question[];
let tracks: FakeTrack[];

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Partial<Storage> as Storage;
}

beforeEach(() => {
  questions = [];
  tracks = [];
  vi.stubGlobal("sessionStorage", storage());
  vi.stubGlobal("localStorage", storage());
  vi.stubGlobal("navigator", {
    mediaDevices: Object.assign(new EventTarget(), {
      enumerateDevices: async () => [],
      getUserMedia: () =>
        new Promise<MediaStream>((resolve, reject) => {
          questions.push(async (allowed) => {
            const track = new FakeTrack();
            tracks.push(track);
            if (allowed) resolve({ getTracks: () => [track] } as unknown as MediaStream);
            else reject(new DOMException("", "NotAllowedError"));
            await settle();
          });
        }),
    }),
  });
});

afterEach(() => vi.unstubAllGlobals());

const answer = (allowed: boolean) => questions.shift()?.(allowed);

/** A page as it is loaded: nothing of the one before is left but what the browser stores. */
function page() {
  const previews: Preview[] = [];
  const keeps: NonNullable<CallOptions["keep"]>[] = [];
  const call = fakeCall();
  const engine = {
    createPreview: () => {
      const preview = createPreview();
      previews.push(preview);
      return preview;
    },
    createCall: (_: Entered, { keep }: CallOptions) => {
      keeps.push(keep ?? (() => undefined));
      return call;
    },
  };
  const keep = (seat: Entered | null) => keeps.at(-1)?.(seat);
  return { engine, previews, keep, call };
}

const kept = () => keptSeat("link", 0);
const devices = () => kept()?.devices;

async function join(microphone: boolean, camera: boolean) {
  const here = page();
  const preview = here.engine.createPreview();
  takeSeat(here.engine, "link", info, entered, preview);
  here.keep(seated);
  void preview.setCamera(camera);
  void preview.setMicrophone(microphone);
  await settle();
  return { ...here, preview };
}

/** F5: what was open is gone, and so are the questions that stood. */
async function reload() {
  questions = [];
  const here = page();
  returnToSeat(here.engine, "link", kept() as KeptSeat);
  await settle();
  return { ...here, preview: here.previews[0] as Preview };
}

test("nothing is kept before there is a seat, and each change afterwards is", async () => {
  const here = page();
  const preview = here.engine.createPreview();
  takeSeat(here.engine, "link", info, entered, preview);
  void preview.setCamera(true);
  await settle();
  await answer(true);
  expect(kept()).toBeNull();
  here.keep(seated);
  expect(kept()).toMatchObject({ entered: seated, info });
  expect(devices()).toEqual({ microphone: false, camera: true });
  await preview.setCamera(false);
  expect(devices()).toEqual({ microphone: false, camera: false });
});

test("a seat that is given up is kept no longer, whatever is turned on or off", async () => {
  const { keep, preview } = await join(false, true);
  await answer(true);
  keep(null);
  void preview.setMicrophone(true);
  await settle();
  await answer(true);
  expect(kept()).toBeNull();
  expect(sharedSeat("link", 0)).toBeNull();
});

test("a seat that another tab has taken is left to that tab", async () => {
  const { keep, call } = await join(false, false);
  call.state.failure.value = { code: "replaced", message: "", details: {} };
  keep(null);
  expect(kept()).toBeNull();
  expect(sharedSeat("link", 0)).toMatchObject({ entered: seated });
});

test("a page that is loaded again opens what was on, and only that", async () => {
  keepSeat("link", { entered: seated, info, devices: { microphone: false, camera: true } });
  const { preview } = await reload();
  expect(questions).toHaveLength(1);
  await answer(true);
  expect([preview.cameraOn.value, preview.microphoneOn.value]).toEqual([true, false]);
});

test("one that is loaded again and again forgets nothing that is still being opened", async () => {
  const first = await join(true, true);
  await answer(true);
  await answer(true);
  expect([first.preview.cameraOn.value, first.preview.microphoneOn.value]).toEqual([true, true]);
  for (let times = 0; times < 3; times += 1) {
    const again = await reload();
    again.keep(seated);
    expect(questions).toHaveLength(2);
    expect(devices()).toEqual({ microphone: true, camera: true });
  }
  // The camera is there, the microphone's question stands.
  await answer(true);
  expect(devices()).toEqual({ microphone: true, camera: true });
});

test("who is back and says no to the browser is not asked the next time", async () => {
  keepSeat("link", { entered: seated, info, devices: { microphone: true, camera: true } });
  const { keep } = await reload();
  keep(seated);
  await answer(false);
  await answer(true);
  expect(devices()).toEqual({ microphone: true, camera: false });
  await reload();
  expect(questions).toHaveLength(1);
});

test("what is turned off while it is being opened stays off", async () => {
  keepSeat("link", { entered: seated, info, devices: { microphone: true, camera: true } });
  const { keep, preview } = await reload();
  keep(seated);
  void preview.setMicrophone(false);
  expect(devices()).toEqual({ microphone: false, camera: true });
});

test("what the browser still asks for when somebody enters is asked for again", async () => {
  await join(true, true);
  expect(devices()).toEqual({ microphone: true, camera: true });
});

test("a camera that is unplugged is not replaced by another after a reload", async () => {
  await join(false, true);
  await answer(true);
  tracks[0]?.onended?.();
  await settle();
  expect(devices()).toEqual({ microphone: false, camera: false });
});
