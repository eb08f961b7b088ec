import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Notices } from "../../src/call/notices";
import { OwnMedia } from "../../src/call/own";
import type { Media } from "../../src/wire/messages";
import { fakeLocal } from "../ui/fake-call";

let local: ReturnType<typeof fakeLocal>;
let own: OwnMedia;
let told: Media[];

beforeEach(() => {
  vi.stubGlobal("navigator", { mediaDevices: {} });
  local = fakeLocal();
  local.cameraOn.value = true;
  told = [];
  own = new OwnMedia(local, new Notices(), (media) => told.push(media));
});

afterEach(() => {
  own.close();
  vi.unstubAllGlobals();
});

const allOff: Media = { microphone: false, camera: false, screen: false, screen_audio: false };

test("a camera that gives no picture is told as off, and as on again", () => {
  local.cameraSilent.value = true;
  local.cameraSilent.value = false;
  expect(told.map((media) => media.camera)).toEqual([false, true]);
});

test("what was told of a silent camera does not come back as a wish to turn it off", () => {
  local.cameraSilent.value = true;
  own.obey(allOff);
  expect(local.setCamera).not.toHaveBeenCalled();
  local.cameraSilent.value = false;
  own.obey(allOff);
  expect(local.setCamera).toHaveBeenCalledWith(false);
});

// What is off already may be on its way: being opened, or unplugged and awaited.
test("a correction leaves alone what is off, and turns off what is on", () => {
  local.cameraOn.value = false;
  own.obey(allOff);
  expect(local.setCamera).not.toHaveBeenCalled();
  expect(local.setMicrophone).not.toHaveBeenCalled();
  local.microphoneOn.value = true;
  own.obey(allOff);
  expect(local.setCamera).not.toHaveBeenCalled();
  expect(local.setMicrophone).toHaveBeenCalledWith(false);
});

test("what is being chosen when the call ends is not captured", async () => {
  const stop = vi.fn();
  let choose = (_: unknown) => {};
  const getDisplayMedia = () =>
    new Promise((resolve) => {
      choose = resolve;
    });
  const getSupportedConstraints = () => ({});
  vi.stubGlobal("navigator", { mediaDevices: { getDisplayMedia, getSupportedConstraints } });
  const leaving = new OwnMedia(local, new Notices(), () => {});
  const started = leaving.screen.start();
  leaving.close();
  const track = { stop };
  choose({
    getTracks: () => [track],
    getVideoTracks: () => [track],
    getAudioTracks: () => [],
  });
  await started;
  expect(stop).toHaveBeenCalledOnce();
});
