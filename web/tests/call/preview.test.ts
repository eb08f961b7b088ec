import { afterEach, expect, test, vi } from "vitest";
import { createPreview } from "../../src/call/preview";
import { settle } from "./fake-browser";

interface Shown {
  readonly kind: MediaDeviceKind;
  readonly deviceId: string;
}

async function listed(devices: readonly Shown[], chosen = "") {
  vi.stubGlobal("localStorage", {
    getItem: () => JSON.stringify({ speaker: chosen }),
    setItem: () => undefined,
  });
  vi.stubGlobal("navigator", {
    mediaDevices: {
      enumerateDevices: async () => devices.map((device) => ({ ...device, label: "" })),
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    },
  });
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
