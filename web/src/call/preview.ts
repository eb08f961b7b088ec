// One's own devices as the prejoin page and the call use them. The prejoin page hands the same
// object to `createCall`, which takes it over; `close` it only when the person does not join.
import { computed, effect, signal } from "@preact/signals";
import {
  rememberChoice,
  rememberedChoice,
  rememberedWeakInternet,
  rememberWeakInternet,
} from "./choice";
import { Input } from "./input";
import type { Choice, Device, DeviceList, Local } from "./local";
import { Meter } from "./meter";
import { Notices } from "./notices";
import { playTone } from "./tone";

export interface Preview extends Local {
  /** Plays a short tone on the chosen speaker; resolves at its end, false when it could not play. */
  testSpeaker(): Promise<boolean>;
}

/** Opens nothing by itself. */
export function createPreview(): Preview {
  const media: MediaDevices | undefined = navigator.mediaDevices;
  const notices = new Notices();
  const devices = signal<DeviceList>({ microphones: [], cameras: [], speakers: [] });
  const wished = signal<Choice>(rememberedChoice(() => localStorage));
  const weakInternet = signal(rememberedWeakInternet(() => localStorage));
  const speakerGone = signal(false);
  // The wish is kept, in the browser's memory, too: what is plugged in again is used again.
  const chosen = computed(() =>
    speakerGone.value ? { ...wished.value, speaker: "" } : wished.value,
  );
  const meter = new Meter();

  const isListed = (speaker: string): boolean =>
    devices.peek().speakers.some((device) => device.id === speaker);
  const speakerIsThere = (): void => {
    speakerGone.value = false;
    notices.drop((notice) => "device" in notice && notice.device === "speaker");
  };
  const refresh = async (): Promise<void> => {
    const all = (await media?.enumerateDevices()) ?? [];
    const { speaker } = wished.peek();
    const wasThere = isListed(speaker);
    devices.value = sortOut(all);
    // Before access is allowed the browser hides the ids: only a filled list proves a loss.
    if (devices.peek().speakers.length === 0) return;
    if (speaker === "" || isListed(speaker)) {
      speakerIsThere();
      return;
    }
    speakerGone.value = true;
    if (wasThere) notices.add({ kind: "device_lost", device: "speaker" });
  };
  const refreshSoon = () => void refresh();
  // Inputs come below; by the time of a change they are there.
  const devicesChanged = async (): Promise<void> => {
    await refresh();
    const { microphones, cameras } = devices.peek();
    void microphone.plugged(microphones.map((device) => device.id));
    void camera.plugged(cameras.map((device) => device.id));
  };
  const changeSoon = () => void devicesChanged();
  media?.addEventListener("devicechange", changeSoon);
  // Safari stops the devices of a page that it puts aside, which is no reason to have them off on its return.
  addEventListener("pageshow", changeSoon);
  refreshSoon();

  const input = (kind: "microphone" | "camera") =>
    new Input(kind, chosen.peek()[kind], media, notices, refreshSoon);
  const microphone = input("microphone");
  const camera = input("camera");
  const stopMetering = effect(() => meter.attach(microphone.track.value));
  const choose = (change: Partial<Choice>): void => {
    wished.value = { ...wished.peek(), ...change };
    rememberChoice(() => localStorage, wished.peek());
  };

  return {
    devices,
    chosen,
    microphoneOn: microphone.on,
    cameraOn: camera.on,
    wanted: { microphone: microphone.wanted, camera: camera.wanted },
    cameraSilent: camera.silent,
    level: meter.level,
    ownCamera: computed(() => {
      const track = camera.track.value;
      return track === null || camera.silent.value ? null : new MediaStream([track]);
    }),
    weakInternet,
    notices: notices.all,
    outgoing: { microphone: microphone.outgoing, camera: camera.outgoing },
    setMicrophone: (on) => microphone.set(on),
    setCamera: (on) => camera.set(on),
    setWeakInternet(on) {
      weakInternet.value = on;
      rememberWeakInternet(() => localStorage, on);
      if (on) void camera.set(false);
    },
    useMicrophone(id) {
      choose({ microphone: id });
      return microphone.choose(id);
    },
    useCamera(id) {
      choose({ camera: id });
      return camera.choose(id);
    },
    useSpeaker(id) {
      choose({ speaker: id });
      speakerIsThere();
    },
    testSpeaker: () => playTone(chosen.peek().speaker),
    dismiss: (notice) => notices.dismiss(notice),
    close() {
      media?.removeEventListener("devicechange", changeSoon);
      removeEventListener("pageshow", changeSoon);
      stopMetering();
      microphone.close();
      camera.close();
      meter.close();
    },
  };
}

/**
 * The browser's own aliases of the default device are left out: the empty choice means that. Before
 * access is allowed the browser tells that there are some, not which.
 */
function sortOut(all: readonly MediaDeviceInfo[]): DeviceList {
  const of = (kind: MediaDeviceKind): Device[] =>
    all
      .filter((device) => device.kind === kind)
      .filter(({ deviceId }) => !["", "default", "communications"].includes(deviceId))
      .map((device) => ({ id: device.deviceId, label: device.label }));
  const orNameless = (kind: MediaDeviceKind): Device[] => {
    const hidden = all.some((device) => device.kind === kind && device.deviceId === "");
    const named = of(kind);
    return named.length === 0 && hidden ? [{ id: "", label: "" }] : named;
  };
  return {
    microphones: orNameless("audioinput"),
    cameras: orNameless("videoinput"),
    speakers: of("audiooutput"),
  };
}
