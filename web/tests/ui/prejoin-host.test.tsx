// A host is to be seen and heard at once: the browser asks for the camera, then for the microphone.
import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createPreview, type LinkInfo, type Preview } from "../../src/call";
import { type Engine, EngineContext } from "../../src/ui/engine";
import { PrejoinPage } from "../../src/ui/prejoin/prejoin-page";
import { FakeStream, FakeTrack, settle } from "../call/fake-browser";
import { act, mount, screen, user } from "./mount";

const info: LinkInfo = {
  title: "Физика",
  role: "host",
  participants: 0,
  state: "running",
  media: [],
};
const nothing = () => undefined;

let opened: FakeTrack[];
/** The questions that stand, by what is asked for. */
let questions: Map<string, () => void>;
let preview: Preview;
const here = signal(true);

function Page() {
  return here.value ? (
    <PrejoinPage
      link="abcdefgh12345678"
      info={info}
      kept={null}
      taken={false}
      onJoined={nothing}
      onFailed={nothing}
    />
  ) : null;
}

beforeEach(() => {
  opened = [];
  questions = new Map();
  here.value = true;
  const mediaDevices = Object.assign(new EventTarget(), {
    enumerateDevices: async () => [],
    getUserMedia: (asked: MediaStreamConstraints) =>
      new Promise((resolve) => {
        questions.set(Object.keys(asked).join(), () => {
          const track = new FakeTrack();
          opened.push(track);
          resolve({ getTracks: () => [track] });
        });
      }),
  });
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: mediaDevices });
  vi.stubGlobal("MediaStream", FakeStream);
  const engine = {
    checkNetwork: () => ({ reach: signal("reachable"), close: nothing }),
    createPreview: () => {
      preview = createPreview();
      return preview;
    },
  };
  mount(
    <EngineContext.Provider value={engine as unknown as Engine}>
      <Page />
    </EngineContext.Provider>,
  );
});

afterEach(() => {
  preview.close();
  Reflect.deleteProperty(navigator, "mediaDevices");
});

const allow = (kind: "audio" | "video") =>
  act(async () => {
    questions.get(kind)?.();
    questions.delete(kind);
    await settle();
  });

const on = () => [preview.cameraOn.value, preview.microphoneOn.value];

test("on a weak line only the microphone is opened", async () => {
  const asked = new Map(questions);
  act(() => {
    here.value = false;
  });
  preview.close();
  questions.clear();
  localStorage.setItem("zvonok.weak-internet", "on");
  await act(async () => {
    here.value = true;
    await settle();
  });
  expect([...asked.keys()]).toEqual(["video"]);
  expect([...questions.keys()]).toEqual(["audio"]);
  await allow("audio");
  expect(on()).toEqual([false, true]);
  localStorage.removeItem("zvonok.weak-internet");
});

test("both are on when he has allowed them", async () => {
  expect([...questions.keys()]).toEqual(["video"]);
  await allow("video");
  await allow("audio");
  expect(on()).toEqual([true, true]);
});

test("the microphone that he has turned off while the camera's question stood stays off", async () => {
  await user().click(screen.getByTestId("prejoin-microphone"));
  await allow("audio");
  expect(on()).toEqual([false, true]);
  await user().click(screen.getByTestId("prejoin-microphone"));
  await allow("video");
  expect(on()).toEqual([true, false]);
});

test("none is left open when he goes elsewhere and answers then", async () => {
  act(() => {
    here.value = false;
  });
  await allow("video");
  await allow("audio");
  expect(opened.length).toBeGreaterThan(0);
  expect(opened.every((track) => track.stopped)).toBe(true);
});
