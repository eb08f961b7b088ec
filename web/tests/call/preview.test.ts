// @vitest-environment happy-dom
import { afterEach, describe, expect, test, vi } from "vitest";
import { createPreview } from "../../src/call/preview";
import { FakeStream, FakeTrack, settle } from "./fake-browser";

interface Shown {
  readonly kind: MediaDeviceKind;
  readonly deviceId: string;
}

const shown = (kind: MediaDeviceKind, ...ids: string[]): Shown[] =>
  ids.map((deviceId) => ({ kind, deviceId }));

/** What is plugged in, with the browser's own event when that changes. */
class FakeDevices extends EventTarget {
  readonly tracks: FakeTrack[] = [];
  constructor(private present: readonly Shown[]) {
    super();
  }

  async enumerateDevices() {
    return this.present.map((device) => ({ ...device, label: "" }));
  }

  async getUserMedia({ audio, video }: MediaStreamConstraints): Promise<MediaStream> {
    const wish = ((video ?? audio) as MediaTrackConstraints).deviceId;
    const id = (wish as ConstrainDOMStringParameters | undefined)?.exact;
    const found = this.present
      .filter(({ kind }) => kind === (video === undefined ? "audioinput" : "videoinput"))
      .find(({ deviceId }) => id === undefined || deviceId === id);
    if (found === undefined) throw new DOMException("", "NotFoundError");
    const track = new FakeTrack(found.deviceId);
    this.tracks.push(track);
    return { getTracks: () => [track] } as unknown as MediaStream;
  }

  async become(present: readonly Shown[]): Promise<void> {
    this.present = present;
    this.dispatchEvent(new Event("devicechange"));
    await settle();
  }
}

let media: FakeDevices;
let stored: string;

async function listed(devices: readonly Shown[], speaker = "") {
  stored = JSON.stringify({ speaker });
  vi.stubGlobal("localStorage", {
    getItem: () => stored,
    setItem: (_key: string, text: string) => {
      stored = text;
    },
  });
  media = new FakeDevices(devices);
  vi.stubGlobal("navigator", { mediaDevices: media });
  vi.stubGlobal("MediaStream", FakeStream);
  const preview = createPreview();
  await settle();
  return preview;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

test("devices whose names the browser still hides are there all the same", async () => {
  const hidden = (["audioinput", "videoinput", "audiooutput"] as const).map((kind) => ({
    kind,
    deviceId: "",
  }));
  const preview = await listed(hidden, "headset");
  const { microphones, cameras } = preview.devices.value;
  expect(microphones).toHaveLength(1);
  expect(cameras).toHaveLength(1);
  expect(preview.notices.value, "nothing is known of the speaker").toEqual([]);
  expect(preview.chosen.value.speaker).toBe("headset");
});

test("what is not there is not listed, and names take the place of aliases", async () => {
  const preview = await listed([
    { kind: "audioinput", deviceId: "default" },
    { kind: "audioinput", deviceId: "headset" },
  ]);
  const { microphones, cameras } = preview.devices.value;
  expect(microphones.map(({ id }) => id)).toEqual(["headset"]);
  expect(cameras).toEqual([]);
});

describe("when the browser says that the devices have changed", () => {
  test("a microphone and a camera that went while they were on are taken again", async () => {
    const both = [...shown("audioinput", "microphone"), ...shown("videoinput", "camera")];
    const preview = await listed(both);
    await preview.setMicrophone(true);
    await preview.setCamera(true);
    const on = () => [preview.microphoneOn.value, preview.cameraOn.value];
    const gone = media.become([]);
    for (const track of media.tracks) track.onended?.();
    await gone;
    expect(on()).toEqual([false, false]);
    await media.become(both);
    expect(on()).toEqual([true, true]);
  });

  // Safari ends what is captured by a page that it puts aside, and says so when that is seen again.
  test("a page that comes back from where the browser had put it has on what it had", async () => {
    const both = [...shown("audioinput", "microphone"), ...shown("videoinput", "camera")];
    const preview = await listed(both);
    await preview.setCamera(true);
    await preview.setMicrophone(true);
    await preview.setMicrophone(false);
    const before = [...media.tracks];
    dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    for (const track of before) track.onended?.();
    await settle();
    expect([preview.microphoneOn.value, preview.cameraOn.value]).toEqual([false, true]);
    expect(preview.notices.value).toEqual([]);
    expect(before.every((track) => track.stopped)).toBe(true);
    expect(preview.outgoing.microphone.value?.enabled).toBe(false);
    preview.close();
    expect(media.tracks.every((track) => track.stopped)).toBe(true);
  });

  const outputs = (...ids: string[]) => shown("audiooutput", ...ids);
  const lost = { kind: "device_lost", device: "speaker" };

  test("a speaker that is back is taken again, and no longer said to be gone", async () => {
    const preview = await listed(outputs("desk", "headset"), "headset");
    await media.become(outputs("desk"));
    expect(preview.chosen.value.speaker).toBe("");
    expect(preview.notices.value).toEqual([lost]);
    await media.become(outputs("desk", "headset"));
    expect(preview.chosen.value.speaker).toBe("headset");
    expect(preview.notices.value).toEqual([]);
  });

  test("the loss of a speaker is told once, dismissed or not", async () => {
    const preview = await listed(outputs("desk", "headset"), "headset");
    await media.become(outputs("desk"));
    preview.dismiss(lost as Parameters<typeof preview.dismiss>[0]);
    await media.become(outputs("desk", "screen"));
    expect(preview.notices.value).toEqual([]);
  });

  test("a speaker that has been away from the start has not gone just now, and is taken", async () => {
    const preview = await listed(outputs("desk"), "headset");
    expect(preview.chosen.value.speaker).toBe("");
    expect(preview.notices.value).toEqual([]);
    await media.become(outputs("desk", "headset"));
    expect(preview.chosen.value.speaker).toBe("headset");
  });

  test("no list at all changes nothing of what is known of a speaker", async () => {
    const preview = await listed(outputs("desk", "headset"), "headset");
    await media.become(outputs("desk"));
    await media.become([]);
    expect(preview.chosen.value.speaker).toBe("");
    expect(preview.notices.value).toEqual([lost]);
  });

  test.each(["desk", ""])("a speaker chosen meanwhile (%j) stays chosen", async (id) => {
    const preview = await listed(outputs("desk", "headset"), "headset");
    await media.become(outputs("desk"));
    preview.useSpeaker(id);
    expect(preview.notices.value).toEqual([]);
    await media.become(outputs("desk", "headset"));
    expect(preview.chosen.value.speaker).toBe(id);
  });

  test("another device chosen meanwhile does not make the browser forget the speaker", async () => {
    const preview = await listed(outputs("desk", "headset"), "headset");
    await media.become(outputs("desk"));
    await preview.useCamera("camera");
    expect(JSON.parse(stored)).toEqual({ microphone: "", camera: "camera", speaker: "headset" });
  });
});

test("weak-internet mode is remembered by the browser and turns the camera off", async () => {
  const preview = await listed(shown("videoinput", "c"));
  const kept = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
  await preview.setCamera(true);
  expect(preview.cameraOn.value).toBe(true);
  preview.setWeakInternet(true);
  await settle();
  expect(preview.cameraOn.value).toBe(false);
  expect(createPreview().weakInternet.value).toBe(true);
  preview.setWeakInternet(false);
  await settle();
  // What is seen of a person is turned on by nobody else.
  expect(preview.cameraOn.value).toBe(false);
  expect(createPreview().weakInternet.value).toBe(false);
  preview.close();
});
