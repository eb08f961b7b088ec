// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RunningCall } from "../../src/call/call";
import { ScreenShare } from "../../src/call/screen";
import { fakeLocal } from "../ui/fake-call";
import { FakeConnection, FakeSocket, fakeBrowser, settle } from "./fake-browser";

const entered = {
  grant: "g",
  since: 0,
  resume: "r",
  lesson: "l",
  path: "/api/call",
  name: "Аня",
};
const ask = vi.fn(async (_path: string, _init: RequestInit) => ({ ok: true, status: 204 }));

beforeEach(() => {
  fakeBrowser();
  ask.mockClear();
  vi.stubGlobal("fetch", ask);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function call(local = fakeLocal()): RunningCall {
  return new RunningCall(entered, "wss://school/api/call", local, () => undefined);
}

function asked(): unknown[] {
  return ask.mock.calls.map(([path, { body }]) => [path, JSON.parse(String(body)).left]);
}

test("whoever leaves gives up the seat, once, though the call is closed after that", () => {
  const left = call();
  left.actions.leave();
  left.close();
  expect(asked()).toEqual([["/api/seat/closed", true]]);
});

describe("a grant that is renewed after hours", () => {
  /** A call that has asked for it; `reply` is the server's word. */
  const asking = () => {
    const intervals = vi.spyOn(globalThis, "setInterval");
    const keep = vi.fn();
    const running = new RunningCall(entered, "wss://school/api/call", fakeLocal(), keep);
    const HOUR = 3600_000;
    const [renew] = intervals.mock.calls.find(([, every]) => Number(every) >= HOUR) ?? [];
    let give = (_: unknown) => {};
    const answer = new Promise((resolve) => {
      give = resolve;
    });
    ask.mockReturnValueOnce(answer as ReturnType<typeof ask>);
    renew?.();
    expect(ask.mock.calls[0]?.[0]).toBe("/api/grants");
    const reply = async () => {
      give({ ok: true, status: 200, json: async () => ({ grant: "longer" }) });
      await settle();
    };
    return { running, keep, reply };
  };

  test("brings back no seat that was given up meanwhile", async () => {
    const { running, keep, reply } = asking();
    running.close();
    await reply();
    expect(keep).toHaveBeenLastCalledWith(null);
  });

  test("keeps the seat as it is by then", async () => {
    const { running, keep, reply } = asking();
    const roster = { sequence: 0, total: 1, participants: [] };
    const [socket] = FakeSocket.all;
    socket?.onopen?.();
    socket?.say({ type: "welcome", you: 1, role: "guest", title: "", resume: "another", roster });
    await reply();
    expect(keep).toHaveBeenLastCalledWith(
      expect.objectContaining({ grant: "longer", resume: "another" }),
    );
    running.close();
  });
});

/** A call with a socket that answers and media that get through. */
async function connected(local = fakeLocal()) {
  vi.useFakeTimers();
  const running = call(local);
  const socket = FakeSocket.all.at(-1) as FakeSocket;
  const roster = { sequence: 0, total: 1, participants: [] };
  socket.onopen?.();
  socket.say({ type: "welcome", you: 1, role: "guest", title: "", resume: "r", roster });
  await settle();
  const peer = FakeConnection.all.at(-1) as FakeConnection;
  peer.become("connected");
  /** Answers what the page asks meanwhile. */
  const pass = async (seconds: number) => {
    for (let at = 0; at < seconds; at += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      if (!socket.closed) socket.say({ type: "pong" });
    }
  };
  const notices = () => running.state.notices.value;
  return { running, socket, peer, pass, notices };
}

test("where media are silent the socket is asked at once whether it lives", async () => {
  const { running, socket, peer, pass } = await connected();
  const pings = () => socket.sent.filter(({ type }) => type === "ping").length;
  let bytesReceived = 0;
  const hear = async (seconds: number) => {
    for (let at = 0; at < seconds; at += 1) {
      bytesReceived += 100;
      peer.stats = [{ type: "transport", packetsReceived: bytesReceived, bytesReceived }];
      await pass(1);
    }
  };
  socket.say({ type: "answer", id: 0, sdp: "answer" });
  await hear(8);
  expect(pings()).toBe(0);
  await pass(2);
  expect(pings()).toBeGreaterThan(0);
  running.close();
});

test("who was heard before a cut is not taken to be heard after it", async () => {
  const { running, socket, pass } = await connected();
  socket.say({ type: "speakers", participants: [1, 2] });
  socket.onclose?.();
  await pass(1);
  const again = FakeSocket.all.at(-1) as FakeSocket;
  const roster = { sequence: 0, total: 1, participants: [] };
  again.onopen?.();
  again.say({
    type: "welcome",
    you: 1,
    role: "guest",
    title: "",
    resume: "r",
    roster,
    resumed: true,
  });
  expect(running.state.speakers.value).toEqual([]);
  again.say({ type: "speakers", participants: [2] });
  expect(running.state.speakers.value).toEqual([2]);
  running.close();
});

test("that the line is cut is said also when only the media server is away", async () => {
  const { running, peer, pass, notices } = await connected();
  await pass(3);
  expect(running.state.phase.value).toBe("connected");
  expect(notices()).toEqual([]);
  peer.become("failed");
  await pass(3);
  expect(running.state.phase.value).toBe("reconnecting");
  expect(notices()).toEqual([{ kind: "reconnecting", seatKept: true }]);
  // The server holds the seat of whoever is connected to it.
  await pass(120);
  expect(notices()).toContainEqual({ kind: "reconnecting", seatKept: true });
  running.close();
});

test("a seat is said to be kept for as long as the server keeps it", async () => {
  const { running, socket, pass, notices } = await connected();
  socket.closed = true;
  socket.onclose?.();
  await pass(88);
  expect(notices()).toEqual([{ kind: "reconnecting", seatKept: true }]);
  await pass(3);
  expect(notices()).toEqual([{ kind: "reconnecting", seatKept: false }]);
  expect(running.state.phase.value).toBe("reconnecting");
  running.close();
});

test("a call that is closed is left", () => {
  call().close();
  expect(asked()).toEqual([["/api/seat/closed", true]]);
});

test("a call that has ended, or goes on in another tab, is not left", () => {
  for (const reason of ["ended", "replaced"]) {
    const over = call();
    const socket = FakeSocket.all.at(-1);
    socket?.onopen?.();
    socket?.say({ type: "ended", reason });
    expect(over.state.phase.value).toBe("ended");
    over.close();
  }
  expect(asked()).toEqual([]);
});

test("a correction of an earlier wish undoes no unmute that is on its way, yet ends a screen", async () => {
  const local = fakeLocal();
  const stop = vi.spyOn(ScreenShare.prototype, "stop");
  const { running, socket } = await connected(local);
  local.microphoneOn.value = true;
  local.cameraOn.value = true;
  const corrected = { type: "media", media: {}, replaced_by: 2 };
  socket.say(corrected);
  expect(stop).toHaveBeenCalledTimes(1);
  expect(local.setMicrophone).not.toHaveBeenCalled();
  expect(local.setCamera).not.toHaveBeenCalled();
  for (const { command } of socket.sent) if (command) socket.say({ type: "done", command });
  socket.say(corrected);
  expect(local.setMicrophone).toHaveBeenCalledWith(false);
  expect(local.setCamera).toHaveBeenCalledWith(false);
  running.close();
});

describe("weak-internet mode", () => {
  const someone = (number: number, role: string, camera: boolean) => ({
    number,
    name: String(number),
    role,
    media: { camera },
  });
  const roster = {
    sequence: 1,
    total: 3,
    joined: [someone(2, "host", true), someone(3, "guest", true)],
  };
  const viewOf = (socket: FakeSocket): unknown => {
    const said = socket.sent.findLast(({ type }) => type === "view");
    return (said as unknown as { tiles: unknown } | undefined)?.tiles;
  };
  const tiles = [
    { participant: 2, kind: "camera", height: 720 },
    { participant: 3, kind: "camera", height: 720 },
  ] as const;

  test("asks only for what it shows, from the press on, and for all again after it", async () => {
    const local = fakeLocal();
    const { running, socket, pass } = await connected(local);
    const view = () => viewOf(socket);
    socket.say({ type: "change", ...roster });
    running.actions.show(tiles);
    await pass(1);
    expect(view()).toHaveLength(2);
    local.weakInternet.value = true;
    await pass(1);
    expect(view()).toEqual([
      { slot: 0, participant: 2, kind: "camera", height: 180, frames: "few" },
    ]);
    expect(running.state.spared.value).toEqual(new Set(["3:camera"]));
    local.weakInternet.value = false;
    await pass(1);
    expect(view()).toHaveLength(2);
    expect(running.state.spared.value.size).toBe(0);
    running.close();
  });

  test("shows the teacher as soon as his camera is on", async () => {
    const local = fakeLocal();
    local.weakInternet.value = true;
    const { running, socket, pass } = await connected(local);
    const view = () => viewOf(socket);
    socket.say({ type: "change", ...roster, joined: [someone(2, "host", false)] });
    running.actions.show(tiles);
    await pass(1);
    expect(view()).toEqual([]);
    socket.say({
      type: "change",
      sequence: 2,
      total: 3,
      changed: [someone(2, "host", true)],
    });
    await pass(1);
    expect(view()).toEqual([expect.objectContaining({ participant: 2, height: 180 })]);
    running.close();
  });

  test("few packets are what was asked for, and no weak connection", async () => {
    const local = fakeLocal();
    const { running, socket, peer, pass, notices } = await connected(local);
    socket.say({ type: "change", ...roster });
    socket.say({ type: "answer", id: 0, sdp: "answer" });
    running.actions.show(tiles);
    let packetsReceived = 0;
    const receive = async (seconds: number) => {
      for (let at = 0; at < seconds; at += 1) {
        packetsReceived += 4;
        const bytesReceived = 100 * packetsReceived;
        peer.stats = [
          { type: "transport", packetsReceived, bytesReceived },
          { type: "inbound-rtp", kind: "video", packetsReceived, packetsLost: 0 },
        ];
        await pass(1);
      }
    };
    local.weakInternet.value = true;
    await receive(20);
    expect(notices()).toEqual([]);
    local.weakInternet.value = false;
    await receive(20);
    expect(notices()).toEqual([{ kind: "weak_connection" }]);
    running.close();
  });

  test("sends the smallest layer of a camera that is on all the same, and nothing nobody asks for", async () => {
    const local = fakeLocal();
    const { running, socket, peer } = await connected(local);
    const active = () =>
      peer.senders[1]?.parameters.encodings.filter((one) => one.active).map(({ rid }) => rid);
    const settled = async () => {
      await settle();
      return active();
    };
    socket.say({ type: "answer", id: 0, sdp: "answer" });
    socket.say({ type: "publish", camera: ["q", "f"], screen: false });
    expect(await settled()).toEqual(["q", "f"]);
    local.weakInternet.value = true;
    expect(await settled()).toEqual(["q"]);
    socket.say({ type: "publish", camera: ["f"], screen: false });
    expect(await settled()).toEqual(["q"]);
    socket.say({ type: "publish", camera: [], screen: false });
    expect(await settled()).toEqual([]);
    running.close();
  });
});

test("a camera rests that is on and that the line does not bear, and not one that nobody looks at", async () => {
  const local = fakeLocal();
  const { running, socket } = await connected(local);
  const said = (limited: boolean) => {
    socket.say({ type: "publish", camera: [], screen: false, limited });
    return running.state.cameraRests.value;
  };
  expect(said(true)).toBe(false);
  local.cameraOn.value = true;
  expect([said(false), said(true)]).toEqual([false, true]);
  running.close();
});

test("whose line bears less of the camera than others want is told so, and his camera does not rest", async () => {
  const local = fakeLocal();
  const { running, socket, peer, pass } = await connected(local);
  local.cameraOn.value = true;
  socket.say({ type: "answer", id: 0, sdp: "answer" });
  const pair = { type: "candidate-pair", id: "way", selected: true };
  const seconds = async (from: number, limited: boolean) => {
    socket.say({ type: "publish", camera: ["h"], screen: false, limited });
    for (let at = from; at < from + 14; at++) {
      peer.stats = [
        { type: "transport", bytesReceived: at },
        { ...pair, bytesReceived: at, availableOutgoingBitrate: 250_000 },
      ];
      await pass(1);
    }
    return [running.state.quality.value, running.state.bottleneck.value.kind];
  };
  expect(await seconds(1, true)).toEqual(["poor", "upload"]);
  expect(running.state.cameraRests.value).toBe(false);
  expect(await seconds(15, false), "all that is wanted").toEqual(["good", "none"]);
  running.close();
});

test("who can send only sound is poorly connected, though nothing is lost", async () => {
  const local = fakeLocal();
  const { running, socket, peer, pass } = await connected(local);
  local.cameraOn.value = true;
  socket.say({ type: "answer", id: 0, sdp: "answer" });
  socket.say({ type: "publish", camera: [], screen: false, limited: true });
  for (let bytesReceived = 100; bytesReceived < 1_500; bytesReceived += 100) {
    peer.stats = [{ type: "transport", packetsReceived: bytesReceived, bytesReceived }];
    await pass(1);
  }
  expect(running.state.quality.value).toBe("poor");
  expect(running.state.bottleneck.value).toEqual({ kind: "rests" });
  running.close();
});

test("the mode is offered when the connection stays bad, and who declines keeps what he had", async () => {
  const local = fakeLocal();
  const { running, socket, peer, pass, notices } = await connected(local);
  socket.say({ type: "answer", id: 0, sdp: "answer" });
  let bytesReceived = 0;
  const lose = async (seconds: number) => {
    for (let at = 0; at < seconds; at += 1) {
      bytesReceived += 100;
      peer.stats = [
        { type: "transport", packetsReceived: bytesReceived, bytesReceived },
        { type: "inbound-rtp", packetsReceived: bytesReceived, packetsLost: bytesReceived / 5 },
      ];
      await pass(1);
    }
  };
  await lose(12);
  expect(running.state.quality.value).toBe("poor");
  expect(notices()).toEqual([]);
  await lose(15);
  expect(notices()).toEqual([{ kind: "weak_offer" }]);
  running.actions.dismiss({ kind: "weak_offer" });
  await lose(60);
  expect(notices()).toEqual([]);
  expect(local.setWeakInternet).not.toHaveBeenCalled();
  running.close();
});
