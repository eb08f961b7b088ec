import { inflateRawSync } from "node:zlib";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Session } from "../../src/call/session";
import { Socket } from "../../src/call/socket";
import type { ServerMessage } from "../../src/wire/messages";
import { FakeSocket, fakeBrowser } from "./fake-browser";

const roster = { sequence: 0, total: 1, participants: [] };
const welcome = { type: "welcome", you: 1, role: "host", title: "", resume: "r", roster };

let received: ServerMessage[];
let finished: string[];
let socket: Socket;

beforeEach(() => {
  vi.useFakeTimers();
  fakeBrowser();
  received = [];
  finished = [];
  const session = new Session({ grant: () => "g", media: () => ({}), random: () => 0 });
  socket = new Socket("ws://here/api/call", session, {
    receive: (message) => received.push(message),
    finished: (phase) => finished.push(phase),
    settled: () => undefined,
  });
  socket.start();
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function latest(): FakeSocket {
  return FakeSocket.all.at(-1) as FakeSocket;
}

function goLive(): void {
  latest().onopen?.();
  latest().say(welcome);
}

test("joins, delivers and sends", () => {
  goLive();
  socket.send({ type: "view", tiles: [] });
  expect(received.map((message) => message.type)).toEqual(["welcome"]);
  expect(latest().sent.map((message) => message.type)).toEqual(["join", "view"]);
  expect(latest().address).toBe("ws://here/api/call");
});

test("comes back by itself, and what an old socket still says is not heard", () => {
  goLive();
  const old = latest();
  old.onclose?.();
  vi.advanceTimersByTime(300);
  expect(FakeSocket.all).toHaveLength(2);
  old.say({ type: "speakers", participants: [9] });
  goLive();
  expect(received.map((message) => message.type)).toEqual(["welcome", "welcome"]);
  expect(socket.lostSince).toBeNull();
});

test("where sockets failed, the next one waits until the server answers a request", async () => {
  let answer: (reply: { status: number }) => void = () => undefined;
  const asked: AbortSignal[] = [];
  vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => {
    asked.push(signal);
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  goLive();
  latest().onclose?.();
  vi.advanceTimersByTime(300);
  latest().onclose?.();
  vi.advanceTimersByTime(600);
  expect([FakeSocket.all.length, asked.length]).toEqual([2, 1]);
  answer({ status: 502 });
  await vi.advanceTimersByTimeAsync(3_000);
  expect([FakeSocket.all.length, asked.length]).toEqual([2, 2]);
  answer({ status: 200 });
  await vi.advanceTimersByTimeAsync(0);
  expect(FakeSocket.all).toHaveLength(3);
  goLive();
  expect(socket.lostSince).toBeNull();
});

test("whoever leaves while the server is asked opens no socket", async () => {
  let aborted = false;
  vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => {
    signal.onabort = () => {
      aborted = true;
    };
    return Promise.resolve({ status: 200 });
  });
  goLive();
  latest().onclose?.();
  vi.advanceTimersByTime(300);
  latest().onclose?.();
  vi.advanceTimersByTime(600);
  socket.leave();
  await vi.advanceTimersByTimeAsync(0);
  expect([aborted, FakeSocket.all.length]).toEqual([true, 2]);
});

test("a socket that answers no ping is replaced", () => {
  goLive();
  vi.advanceTimersByTime(10_010);
  expect(latest().sent.at(-1)?.type).toBe("ping");
  vi.advanceTimersByTime(5_010);
  expect(latest().closed).toBe(true);
  vi.advanceTimersByTime(300);
  expect(FakeSocket.all).toHaveLength(2);
});

test("after leaving nothing is running any more", () => {
  goLive();
  socket.leave();
  expect(finished).toEqual(["left"]);
  expect(latest().closed).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

function offer(id: number) {
  return { type: "offer" as const, id, sdp: "a=extmap:1 urn\r\n".repeat(1_000) };
}

test("what is large goes deflated, and in its order", async () => {
  goLive();
  socket.send(offer(1));
  socket.send(offer(2));
  socket.send({ type: "view", tiles: [] });
  // What is small does not overtake it.
  expect(latest().sent.map((message) => message.type)).toEqual(["join"]);
  await vi.waitFor(() => expect(latest().sent).toHaveLength(2));
  expect(latest().frames).toHaveLength(2);
  const said = latest().frames.map((frame) => JSON.parse(inflateRawSync(frame).toString()));
  expect(said).toEqual([offer(1), offer(2)]);
  expect(latest().frames[0]?.byteLength).toBeLessThan(500);
  expect(latest().sent.map((message) => message.type)).toEqual(["join", "view"]);
});

test("who leaves waits for nothing that is still being deflated", () => {
  goLive();
  socket.send(offer(1));
  socket.leave();
  expect(latest().sent.map((message) => message.type)).toEqual(["join", "leave"]);
  expect(latest().closed).toBe(true);
});

test("a browser that cannot deflate says it as it is", () => {
  vi.stubGlobal("DecompressionStream", undefined);
  goLive();
  socket.send(offer(1));
  expect(latest().sent.at(-1)).toEqual(offer(1));
});

test("what comes deflated is heard in its order", async () => {
  latest().onopen?.();
  latest().sayDeflated(welcome);
  latest().say({ type: "speakers", participants: [9] });
  latest().sayDeflated({ type: "answer", id: 0, sdp: "" });
  expect(received).toEqual([]);
  await vi.waitFor(() => expect(received).toHaveLength(3));
  expect(received.map((message) => message.type)).toEqual(["welcome", "speakers", "answer"]);
  latest().say({ type: "speakers", participants: [] });
  expect(received).toHaveLength(4);
});

test("the last words are heard before the end of the socket", async () => {
  goLive();
  latest().sayDeflated({ type: "speakers", participants: [9] });
  latest().say({ type: "ended", reason: "ended" });
  latest().onclose?.();
  await vi.waitFor(() => expect(finished).toEqual(["ended"]));
});

test("what cannot be read is left out, and the rest is heard", async () => {
  const told = vi.spyOn(console, "error").mockReturnValue(undefined);
  goLive();
  latest().onmessage?.({ data: new Uint8Array([1, 2, 3]).buffer });
  latest().say({ type: "speakers", participants: [9] });
  await vi.waitFor(() => expect(received).toHaveLength(2));
  expect(told).toHaveBeenCalledOnce();
});
