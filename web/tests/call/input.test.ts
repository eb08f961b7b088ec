import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Input, type InputKind } from "../../src/call/input";
import { Notices } from "../../src/call/notices";
import { FakeTrack } from "./fake-browser";

class FakeDevices {
  tracks: FakeTrack[] = [];
  refusals: string[] = [];
  present = ["usual", "other"];
  muted = false;

  async getUserMedia(constraints?: MediaStreamConstraints): Promise<MediaStream> {
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw new DOMException("", refusal);
    const wishes = (constraints?.video ?? constraints?.audio) as MediaTrackConstraints;
    const id = (wishes.deviceId as ConstrainDOMStringParameters | undefined)?.exact ?? "usual";
    if (!this.present.includes(String(id))) throw new DOMException("", "OverconstrainedError");
    const track = new FakeTrack(String(id));
    track.muted = this.muted;
    this.tracks.push(track);
    return { getTracks: () => [track] } as unknown as MediaStream;
  }
}

let devices: FakeDevices;
let notices: Notices;

beforeEach(() => {
  devices = new FakeDevices();
  notices = new Notices();
});

function input(kind: InputKind, id = ""): Input {
  return new Input(kind, id, devices, notices, () => undefined);
}

/** On, and for a while it has given nothing. */
async function silent(kind: InputKind): Promise<Input> {
  const device = input(kind);
  await device.set(true);
  devices.tracks.at(-1)?.onmute?.(new Event("mute"));
  vi.advanceTimersByTime(2_000);
  return device;
}

const kinds = () => notices.all.value.map((notice) => notice.kind);

describe("camera", () => {
  test("off stops the device, so that its light goes out", async () => {
    const camera = input("camera");
    await camera.set(true);
    expect(camera.on.value).toBe(true);
    expect(camera.outgoing.value).not.toBeNull();
    await camera.set(false);
    expect(camera.on.value).toBe(false);
    expect(camera.outgoing.value).toBeNull();
    expect(devices.tracks[0]?.stopped).toBe(true);
  });

  test("on and off in one breath ends off", async () => {
    const camera = input("camera");
    void camera.set(true);
    await camera.set(false);
    expect(camera.on.value).toBe(false);
    expect(devices.tracks.every((track) => track.stopped)).toBe(true);
  });

  test("one that is unplugged is off, and another is not taken unasked", async () => {
    const camera = input("camera");
    await camera.set(true);
    devices.tracks[0]?.onended?.();
    await camera.choose("");
    expect(camera.on.value).toBe(false);
    expect(devices.tracks).toHaveLength(1);
    expect(kinds()).toEqual(["device_lost"]);
  });

  test("choosing another while it is on goes on with that one", async () => {
    const camera = input("camera");
    await camera.set(true);
    await camera.choose("other");
    expect(devices.tracks.map((track) => [track.device, track.stopped])).toEqual([
      ["usual", true],
      ["other", false],
    ]);
    expect(camera.on.value).toBe(true);
  });
});

describe("a camera that is on and gives no picture", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is silent after a while, told once, and on again by itself", async () => {
    const camera = await silent("camera");
    expect(camera.silent.value).toBe(true);
    expect(camera.on.value).toBe(true);
    expect(kinds()).toEqual(["device_silent"]);
    devices.tracks[0]?.onunmute?.(new Event("unmute"));
    expect(camera.silent.value).toBe(false);
    expect(kinds()).toEqual([]);
  });

  test("is left alone if it was for a moment only", async () => {
    const camera = input("camera");
    await camera.set(true);
    devices.tracks[0]?.onmute?.(new Event("mute"));
    vi.advanceTimersByTime(1_000);
    devices.tracks[0]?.onunmute?.(new Event("unmute"));
    vi.advanceTimersByTime(10_000);
    expect(camera.silent.value).toBe(false);
    expect(kinds()).toEqual([]);
  });

  test("is silent from the start if it opens so", async () => {
    devices.muted = true;
    const camera = input("camera");
    await camera.set(true);
    vi.advanceTimersByTime(2_000);
    expect(camera.silent.value).toBe(true);
  });

  test.each([
    ["turned off", (camera: Input) => camera.set(false)],
    ["replaced by another", (camera: Input) => camera.choose("other")],
  ])("is forgotten when it is %s", async (_how, act) => {
    const camera = await silent("camera");
    await act(camera);
    vi.advanceTimersByTime(10_000);
    expect(camera.silent.value).toBe(false);
    expect(kinds()).toEqual([]);
  });
});

describe("microphone", () => {
  test("muted: what is sent is silent at once, the level is still measured", async () => {
    const microphone = input("microphone");
    await microphone.set(true);
    const [device] = devices.tracks;
    void microphone.set(false);
    expect(device?.copies[0]?.enabled).toBe(false);
    expect(device?.enabled).toBe(true);
    expect(device?.stopped).toBe(false);
    expect(microphone.on.value).toBe(false);
    await microphone.set(true);
    expect(devices.tracks).toHaveLength(1);
    expect(microphone.on.value).toBe(true);
  });

  test("one that is unplugged while muted is replaced by another, muted", async () => {
    const microphone = input("microphone", "other");
    await microphone.set(true);
    await microphone.set(false);
    devices.tracks[0]?.onended?.();
    await microphone.set(false);
    expect(devices.tracks[1]?.device).toBe("usual");
    expect(devices.tracks[1]?.copies[0]?.enabled).toBe(false);
    expect(microphone.on.value).toBe(false);
    expect(kinds()).toEqual(["device_lost"]);
  });
});

/** By a key of the keyboard, a switch of the headset or in the system's settings. */
describe("a microphone that the system has silenced", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("is told, and no longer when it is heard again", async () => {
    const microphone = await silent("microphone");
    expect(microphone.on.value).toBe(true);
    expect(notices.all.value).toEqual([{ kind: "device_silent", device: "microphone" }]);
    devices.tracks[0]?.onunmute?.(new Event("unmute"));
    expect(kinds()).toEqual([]);
  });

  test("is told when it opens so", async () => {
    devices.muted = true;
    await input("microphone").set(true);
    vi.advanceTimersByTime(2_000);
    expect(kinds()).toEqual(["device_silent"]);
  });

  test("is not told to whoever is off anyway, but to whoever speaks again", async () => {
    const microphone = await silent("microphone");
    await microphone.set(false);
    expect(kinds()).toEqual([]);
    devices.tracks[0]?.onunmute?.(new Event("unmute"));
    devices.tracks[0]?.onmute?.(new Event("mute"));
    vi.advanceTimersByTime(2_000);
    expect(kinds()).toEqual([]);
    await microphone.set(true);
    expect(kinds()).toEqual(["device_silent"]);
  });

  test("takes nothing away of what is told of the camera", async () => {
    await silent("microphone");
    await silent("camera");
    expect(kinds()).toEqual(["device_silent", "device_silent"]);
    devices.tracks[0]?.onunmute?.(new Event("unmute"));
    expect(notices.all.value).toEqual([{ kind: "device_silent", device: "camera" }]);
  });
});

describe("refusals", () => {
  test.each([
    ["NotAllowedError", "permission_denied"],
    ["NotFoundError", "no_device"],
    ["NotReadableError", "device_busy"],
  ])("%s is told as %s", async (name, kind) => {
    devices.refusals = [name];
    const microphone = input("microphone");
    await microphone.set(true);
    expect(microphone.on.value).toBe(false);
    expect(kinds()).toEqual([kind]);
  });

  test("a remembered device that is gone gives way to the usual one", async () => {
    const camera = input("camera", "sold");
    await camera.set(true);
    expect(devices.tracks[0]?.device).toBe("usual");
    expect(kinds()).toEqual([]);
  });

  test("a success takes the notice away", async () => {
    devices.refusals = ["NotReadableError"];
    const camera = input("camera");
    await camera.set(true);
    await camera.set(true);
    expect(camera.on.value).toBe(true);
    expect(kinds()).toEqual([]);
  });

  test("a page without https has no devices", async () => {
    const camera = new Input("camera", "", undefined, notices, () => undefined);
    await camera.set(true);
    expect(kinds()).toEqual(["permission_denied"]);
  });
});

test("a microphone that the browser has forbidden meanwhile is not called unplugged", async () => {
  const microphone = input("microphone");
  await microphone.set(true);
  devices.refusals = ["NotAllowedError"];
  devices.tracks[0]?.onended?.();
  await microphone.choose("");
  expect(microphone.on.value).toBe(false);
  expect(kinds()).toEqual(["permission_denied"]);
});

test("closing frees everything, also what is still being opened", async () => {
  const microphone = input("microphone");
  const opening = microphone.set(true);
  microphone.close();
  await opening;
  await microphone.choose("");
  expect(devices.tracks.every((track) => track.stopped)).toBe(true);
});

test("nothing is opened any more by what comes late, after it was closed", async () => {
  const microphone = input("microphone");
  microphone.close();
  await microphone.set(true);
  expect(devices.tracks).toEqual([]);
  expect([microphone.wanted.value, microphone.on.value]).toEqual([false, false]);
});

describe("a device that comes back", () => {
  test("is taken again by itself, on as it was", async () => {
    const camera = input("camera", "other");
    await camera.set(true);
    devices.tracks[0]?.onended?.();
    await camera.plugged(["usual"]);
    expect(camera.on.value).toBe(false);
    await camera.plugged(["usual", "other"]);
    expect(camera.on.value).toBe(true);
    expect(devices.tracks.at(-1)?.device).toBe("other");
    expect(kinds()).toEqual([]);
  });

  test("is left alone if the person has decided otherwise meanwhile", async () => {
    const camera = input("camera", "other");
    await camera.set(true);
    devices.tracks[0]?.onended?.();
    await camera.set(false);
    await camera.plugged(["other"]);
    expect(camera.on.value).toBe(false);
    expect(devices.tracks).toHaveLength(1);
  });

  describe("but cannot be opened yet, as wireless ones", () => {
    const replaced = async () => {
      const microphone = input("microphone", "other");
      await microphone.set(true);
      devices.tracks[0]?.onended?.();
      await microphone.plugged(["usual"]);
      expect(microphone.on.value).toBe(true);
      devices.refusals = ["NotReadableError"];
      return microphone;
    };

    test("leaves the microphone on that took its place, and is taken at the next change", async () => {
      const microphone = await replaced();
      await microphone.plugged(["usual", "other"]);
      expect(microphone.on.value).toBe(true);
      expect(devices.tracks.at(-1)?.device).toBe("usual");
      expect(kinds()).toEqual(["device_lost"]);
      await microphone.plugged(["usual", "other"]);
      expect(devices.tracks.at(-1)?.device).toBe("other");
      expect(microphone.on.value).toBe(true);
      expect(kinds()).toEqual([]);
      await microphone.plugged(["usual", "other"]);
      expect(devices.tracks.filter((track) => !track.stopped)).toHaveLength(1);
      expect(devices.tracks).toHaveLength(4);
    });

    test("leaves it muted for who mutes meanwhile", async () => {
      const microphone = await replaced();
      const back = microphone.plugged(["usual", "other"]);
      await Promise.resolve();
      void microphone.set(false);
      await back;
      expect(microphone.track.value).not.toBeNull();
      expect(microphone.on.value).toBe(false);
      expect(microphone.outgoing.value?.enabled).toBe(false);
    });

    test("opens nothing for who leaves meanwhile", async () => {
      const microphone = await replaced();
      const back = microphone.plugged(["usual", "other"]);
      await Promise.resolve();
      microphone.close();
      await back;
      await microphone.set(false);
      expect(devices.tracks.every((track) => track.stopped)).toBe(true);
    });
  });

  test("a microphone that was muted comes back muted", async () => {
    const microphone = input("microphone", "other");
    await microphone.set(true);
    await microphone.set(false);
    devices.tracks[0]?.onended?.();
    await microphone.plugged(["usual", "other"]);
    expect(microphone.on.value).toBe(false);
    expect(microphone.track.value).toBe(devices.tracks.at(-1));
    expect(devices.tracks.map((track) => track.device)).toEqual(["other", "usual", "other"]);
    expect(microphone.outgoing.value?.enabled).toBe(false);
  });

  test("the only microphone is told of once, and is on again when it is back", async () => {
    const microphone = input("microphone", "other");
    await microphone.set(true);
    devices.refusals = ["NotFoundError"];
    devices.tracks[0]?.onended?.();
    await microphone.plugged([]);
    expect(microphone.on.value).toBe(false);
    expect(kinds()).toEqual(["device_lost"]);
    await microphone.plugged(["other"]);
    expect(microphone.on.value).toBe(true);
    expect(kinds()).toEqual([]);
  });

  test("who mutes while it is away stays muted", async () => {
    const microphone = input("microphone", "other");
    await microphone.set(true);
    devices.refusals = ["NotFoundError", "NotFoundError"];
    devices.tracks[0]?.onended?.();
    await microphone.set(false);
    await microphone.plugged(["other"]);
    expect(microphone.on.value).toBe(false);
    expect(microphone.track.value).not.toBeNull();
  });

  test("who mutes while another is being opened in its place stays muted", async () => {
    const microphone = input("microphone", "other");
    await microphone.set(true);
    devices.tracks[0]?.onended?.();
    await Promise.resolve();
    await microphone.set(false);
    await microphone.plugged(["usual", "other"]);
    expect(microphone.track.value).toBe(devices.tracks[2]);
    expect(microphone.on.value).toBe(false);
    expect(microphone.outgoing.value?.enabled).toBe(false);
  });

  test.each(["microphone", "camera"] as const)("a %s chosen meanwhile stays", async (kind) => {
    devices.present.push("third");
    const device = input(kind, "other");
    await device.set(true);
    devices.tracks[0]?.onended?.();
    await device.choose("third");
    await device.plugged(["usual", "other", "third"]);
    await device.set(true);
    expect(device.track.value).toBe(devices.tracks.at(-1));
    expect(devices.tracks.at(-1)?.device).toBe("third");
  });

  test("one that was the system's choice is taken again only when there is none", async () => {
    devices.present = ["usual", "default"];
    const microphone = input("microphone", "default");
    await microphone.set(true);
    devices.tracks[0]?.onended?.();
    await microphone.plugged(["usual"]);
    expect(devices.tracks).toHaveLength(2);
  });
});
