import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Peer } from "../../src/call/peer";
import { FakeConnection, FakeTrack, fakeBrowser } from "./fake-browser";

const TRACK = new FakeTrack() as unknown as MediaStreamTrack;
const ANSWER = "v=0\r\nm=audio 7\r\nm=video 7\r\n";
let peer: Peer;

const connection = () => FakeConnection.all[0] as FakeConnection;

/** Of the microphone and of the screen's sound: the encodings that are on. */
function sound(): string[][] {
  return [0, 3].map((place) =>
    (connection().senders[place]?.parameters.encodings ?? []).flatMap(({ active }) =>
      active === false ? [] : ["on"],
    ),
  );
}

beforeEach(() => {
  fakeBrowser();
  peer = new Peer([], { connection: () => undefined });
});

afterEach(() => {
  peer.close();
  vi.unstubAllGlobals();
});

async function negotiate(): Promise<void> {
  await peer.offer(0, false);
  await peer.answer(0, ANSWER);
}

test("the sound of a screen takes nothing of the line before there is any", () => {
  expect(sound()[1]).toEqual([]);
});

test("sound has its encoding on only while there is a track", async () => {
  await negotiate();
  expect(sound()).toEqual([[], []]);
  await peer.send("microphone", TRACK);
  expect(sound()).toEqual([["on"], []]);
  await peer.send("screen_audio", TRACK);
  expect(sound()).toEqual([["on"], ["on"]]);
  await peer.send("screen_audio", null);
  expect(sound()).toEqual([["on"], []]);
});

test("sound that was there before the answer is sent with it", async () => {
  await peer.send("microphone", TRACK);
  await peer.send("screen_audio", TRACK);
  await negotiate();
  expect(sound()).toEqual([["on"], ["on"]]);
});

test("a voice costs less while its line is spared", async () => {
  const most = () =>
    connection().senders.map(({ parameters }) => parameters.encodings[0]?.maxBitrate);
  await negotiate();
  await peer.publish([], false, true);
  await peer.send("microphone", TRACK);
  expect([most()[0], most()[3]]).toEqual([20_000, undefined]);
  await peer.publish([], false, false);
  expect(most()[0], "said: Firefox keeps a limit that is only taken away").toBe(32_000);
});

/** Whether the sound that is sent is in long packets, by what was agreed upon last. */
const long = () => JSON.stringify(connection().remoteDescription).includes("a=ptime:40");

test("it has half as many packets, too, without a word with the server", async () => {
  await negotiate();
  expect(long()).toBe(false);
  await peer.publish([], false, true);
  expect(long()).toBe(true);
  expect(peer.answered).toBe(true);
  await peer.publish(["q"], false, true);
  expect(connection().restarts).toEqual([false, false]);
  await peer.publish([], false, false);
  expect(long()).toBe(false);
});

test("a line that is spared from the start has them from the first answer on", async () => {
  await peer.publish([], false, true);
  await negotiate();
  expect(long()).toBe(true);
  expect(connection().restarts).toEqual([false]);
});

test("an offer that waits for its answer is not disturbed by that", async () => {
  await negotiate();
  const offered = peer.offer(1, true);
  const spared = peer.publish([], false, true);
  await offered;
  await spared;
  expect(peer.answered).toBe(false);
  expect(await peer.answer(1, ANSWER)).toBe(true);
  expect(long()).toBe(true);
  expect(connection().restarts).toEqual([false, true]);
});

test("an offer that comes while that is agreed upon waits for it", async () => {
  await negotiate();
  const spared = peer.publish([], false, true);
  const offered = peer.offer(1, true);
  await spared;
  await offered;
  expect(connection().restarts).toEqual([false, false, true]);
  expect(await peer.answer(1, ANSWER)).toBe(true);
  expect(long()).toBe(true);
});

test("a probe is brought about by letting pictures use a little more, and then less again", async () => {
  const most = () => connection().senders[1]?.parameters.encodings.map((one) => one.maxBitrate);
  await negotiate();
  await peer.probe();
  expect(most()).toEqual([151_000, 501_000, 1_801_000]);
  await peer.probe();
  expect(most()).toEqual([150_000, 500_000, 1_800_000]);
});

test("where the line bears too little for all pictures the larger layers have three quarters of the lines", async () => {
  const by = () =>
    connection().senders[1]?.parameters.encodings.map((one) => one.scaleResolutionDownBy);
  await peer.shrink(true);
  await negotiate();
  expect(by()).toEqual([4, 8 / 3, 4 / 3]);
  await peer.publish(["h"], false, false, { h: 700_000 });
  expect(by()).toEqual([4, 8 / 3, 4 / 3]);
  await peer.publish(["q"], false, false);
  expect(by()).toEqual([16 / 3, 8 / 3, 4 / 3]);
  await peer.shrink(false);
  expect(by()).toEqual([4, 2, 1]);
});

test("layers have the bit rates that the server tells, as long as it does, with a probe as well", async () => {
  const most = () => connection().senders[1]?.parameters.encodings.map((one) => one.maxBitrate);
  await negotiate();
  await peer.publish(["q", "h"], false, false, { h: 700_000, f: 1_400_000 });
  expect(most()).toEqual([150_000, 700_000, 1_400_000]);
  await peer.probe();
  expect(most()).toEqual([151_000, 701_000, 1_401_000]);
  await peer.probe();
  await peer.publish(["q", "h"], false);
  expect(most()).toEqual([150_000, 500_000, 1_800_000]);
});

test("one's voice goes before one's picture, and pictures have temporal layers", () => {
  const [microphone, camera, screen] = connection().senders.map(({ parameters }) => parameters);
  expect(microphone?.encodings[0]?.priority).toBe("high");
  // Chromium takes a priority of the first encoding only, for all.
  expect(camera?.encodings.map(({ priority }) => priority)).toEqual(Array(3).fill(undefined));
  for (const encoding of [...(camera?.encodings ?? []), ...(screen?.encodings ?? [])]) {
    expect(encoding).toMatchObject({ scalabilityMode: "L1T3" });
  }
});
