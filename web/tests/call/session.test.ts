import { beforeEach, describe, expect, test } from "vitest";
import { Session, type SessionEffect } from "../../src/call/session";
import type { ServerMessage, Welcome } from "../../src/wire/messages";

const media = { microphone: true, camera: false, screen: false, screen_audio: false };

function welcome(sequence = 5, resume = "secret"): Welcome {
  const roster = { sequence, total: 1, participants: [] };
  return { type: "welcome", you: 1, role: "host", title: "Алгебра", resume, roster };
}

function change(sequence: number): ServerMessage {
  return { type: "change", sequence, total: 2 };
}

function kinds(effects: SessionEffect[]): string[] {
  return effects.map((effect) => effect.type);
}

let session: Session;

beforeEach(() => {
  session = new Session({ grant: () => "g", media: () => media, random: () => 0 });
});

function goLive(now = 0): void {
  session.start(now);
  session.opened();
  session.received(welcome(), now);
}

describe("joining", () => {
  test("opens, joins and delivers the welcome", () => {
    expect(session.start(0)).toEqual([{ type: "open" }]);
    expect(session.opened()).toEqual([
      {
        type: "send",
        message: { type: "join", grant: "g", resume: null, media, page: null, deflate: false },
      },
    ]);
    expect(session.received(welcome(), 10)).toEqual([{ type: "receive", message: welcome() }]);
    expect(session.live).toBe(true);
  });

  test("a seat of before the reload is asked for", () => {
    const source = { grant: () => "g", media: () => media, random: () => 0 };
    const again = new Session(source, "kept");
    again.start(0);
    expect(again.opened()).toEqual([
      {
        type: "send",
        message: { type: "join", grant: "g", resume: "kept", media, page: null, deflate: false },
      },
    ]);
  });

  test("what changed between join and welcome is told", () => {
    let now = media;
    const late = new Session({ grant: () => "g", media: () => now, random: () => 0 });
    late.start(0);
    late.opened();
    now = { ...media, camera: true };
    expect(late.received(welcome(), 10)).toEqual([
      { type: "receive", message: welcome() },
      { type: "send", message: { type: "media", media: now, command: "0-1" } },
    ]);
  });

  test("a refusal is final", () => {
    session.start(0);
    session.opened();
    const error = { code: "call_full", message: "full" };
    const effects = session.received({ type: "error", error }, 1);
    expect(effects).toEqual([
      { type: "close" },
      { type: "finished", phase: "refused", failure: { ...error, details: {} } },
    ]);
    expect(session.closed(2)).toEqual([]);
    expect(session.deadline).toBeNull();
  });

  test("a refusal for now is tried again after the time it names", () => {
    session.start(0);
    session.opened();
    const error = { code: "rate_limited", message: "slow", details: { retry_after: 7 } };
    expect(kinds(session.received({ type: "error", error }, 0))).toEqual(["close"]);
    expect(session.tick(6_999)).toEqual([]);
    expect(session.tick(7_000)).toEqual([{ type: "open" }]);
  });

  test("an attempt that brings no welcome is given up", () => {
    session.start(0);
    expect(kinds(session.tick(10_000))).toEqual(["close"]);
    expect(session.deadline).toBe(10_250);
  });

  test("before there was a seat nothing counts as lost", () => {
    session.start(0);
    session.closed(1);
    expect(session.lostSince).toBeNull();
  });
});

describe("the flow of changes", () => {
  beforeEach(() => goLive());

  test("changes in order are delivered", () => {
    expect(kinds(session.received(change(6), 1))).toEqual(["receive"]);
    expect(kinds(session.received(change(7), 1))).toEqual(["receive"]);
  });

  test("a change already contained in the snapshot is dropped", () => {
    expect(session.received(change(5), 1)).toEqual([]);
  });

  test("a gap asks for a new snapshot and keeps the seat", () => {
    expect(kinds(session.received(change(7), 1))).toEqual(["close", "open"]);
    const [join] = session.opened();
    expect(join).toMatchObject({ message: { type: "join", resume: "secret" } });
    session.received(welcome(7), 2);
    expect(kinds(session.received(change(8), 3))).toEqual(["receive"]);
    expect(session.lostSince).toBeNull();
  });
});

describe("cuts", () => {
  beforeEach(() => goLive());

  test("a closed socket is opened again with the secret", () => {
    session.closed(100);
    expect(session.lostSince).toBe(100);
    expect(session.deadline).toBe(350);
    expect(session.tick(350)).toEqual([{ type: "open" }]);
    expect(session.opened()[0]).toMatchObject({ message: { resume: "secret" } });
  });

  test("the second socket in a row that fails is followed by a knock", () => {
    session.closed(0);
    expect(kinds(session.tick(1_000))).toEqual(["open"]);
    session.closed(1_000);
    expect(kinds(session.tick(5_000))).toEqual(["knock"]);
    session.closed(5_000);
    expect(kinds(session.tick(10_000))).toEqual(["knock"]);
    session.opened();
    session.received(welcome(5), 10_100);
    session.closed(11_000);
    expect(kinds(session.tick(12_000))).toEqual(["open"]);
  });

  test("delays grow to a ceiling and start over after a success", () => {
    const delays: number[] = [];
    let now = 0;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      session.closed(now);
      delays.push((session.deadline ?? 0) - now);
      now = session.deadline ?? 0;
      session.tick(now);
    }
    expect(delays).toEqual([250, 500, 1000, 1250, 1250, 1250, 1250, 1250]);
    session.opened();
    session.received(welcome(), now);
    session.closed(now);
    expect((session.deadline ?? 0) - now).toBe(250);
  });

  test("who has been cut off for long asks less often", () => {
    let now = 0;
    session.closed(now);
    while (now < 120_000) {
      now = session.deadline ?? 0;
      session.tick(now);
      session.closed(now);
    }
    expect((session.deadline ?? 0) - now).toBe(7_500);
  });

  test("jitter spreads a stampede", () => {
    const late = new Session({ grant: () => "g", media: () => media, random: () => 0.999 });
    late.start(0);
    late.closed(0);
    expect(late.deadline).toBeCloseTo(500, 0);
  });

  test("messages without a live socket are dropped", () => {
    session.closed(1);
    expect(session.send({ type: "view", tiles: [] })).toEqual([]);
  });

  test("a mute is said again until it is answered, the latest wish alone", () => {
    session.closed(1);
    const muted = { ...media, microphone: false };
    expect(session.send({ type: "media", media: muted })).toEqual([]);
    expect(session.send({ type: "media", media })).toEqual([]);
    expect(session.send({ type: "media", media: muted })).toEqual([]);
    expect(session.unconfirmed).toBe(true);
    const said = { type: "send", message: { type: "media", media: muted, command: "0-3" } };
    session.tick(400);
    session.opened();
    expect(session.received({ ...welcome(), resumed: true }, 410)).toContainEqual(said);
    session.closed(500);
    session.tick(1_000);
    session.opened();
    expect(session.received({ ...welcome(), resumed: true }, 1_010)).toContainEqual(said);
    session.received({ type: "done", command: "0-2" }, 1_020);
    expect(session.unconfirmed).toBe(true);
    session.received({ type: "done", command: "0-3" }, 1_030);
    expect(session.unconfirmed).toBe(false);
  });

  test("an end for all that was wished in a lost seat is not done in the next one", () => {
    session.closed(1);
    session.send({ type: "end" });
    session.send({ type: "quality", quality: "poor" });
    session.tick(400);
    session.opened();
    const effects = session.received({ ...welcome(), resumed: false }, 410);
    expect(effects.slice(1)).toEqual([
      { type: "send", message: { type: "quality", quality: "poor", command: "0-2" } },
    ]);
  });

  test("a command that is refused is told; one that may succeed later is said again", () => {
    const failed = (command: string, details: object): ServerMessage => ({
      type: "error",
      error: { code: "some", message: "", details: { ...details } },
      command,
    });
    session.send({ type: "end" });
    expect(session.received(failed("0-1", { retry_after: 2 }), 1_000)).toEqual([]);
    expect(session.tick(3_000)).toEqual([
      { type: "send", message: { type: "ping" } },
      { type: "send", message: { type: "end", command: "0-1" } },
    ]);
    const refusal = failed("0-1", {});
    expect(session.received(refusal, 3_100)).toEqual([{ type: "receive", message: refusal }]);
    expect(kinds(session.tick(13_100))).toEqual(["send"]);
  });

  test("one that may succeed later is said again then, however much others talk", () => {
    const failed = (command: string, seconds: number): ServerMessage => ({
      type: "error",
      error: { code: "unavailable", message: "", details: { retry_after: seconds } },
      command,
    });
    const talk = (now: number) => session.received({ type: "speakers", participants: [2] }, now);
    session.send({ type: "end" });
    session.send({ type: "media", media });
    session.received(failed("0-1", 2), 1_000);
    session.received(failed("0-2", 8), 1_500);
    talk(2_000);
    expect(session.tick(2_999)).toEqual([]);
    expect(session.tick(3_000)).toEqual([
      { type: "send", message: { type: "ping" } },
      { type: "send", message: { type: "end", command: "0-1" } },
      { type: "send", message: { type: "media", media, command: "0-2" } },
    ]);
    talk(3_100);
    expect(session.deadline).toBe(13_100);
  });

  test("a silent socket is pinged, then given up", () => {
    expect(session.tick(10_000)).toEqual([{ type: "send", message: { type: "ping" } }]);
    expect(kinds(session.tick(15_000))).toEqual(["close"]);
    expect(session.live).toBe(false);
    expect(session.lostSince).toBe(15_000);
  });

  test("any message is a sign of life", () => {
    session.tick(10_000);
    session.received({ type: "pong" }, 10_020);
    expect(session.deadline).toBe(20_020);
    session.received({ type: "speakers", participants: [] }, 15_000);
    expect(session.tick(20_020)).toEqual([]);
  });

  test("a change of network is probed at once, and ends waiting", () => {
    expect(session.probe(50)).toEqual([{ type: "send", message: { type: "ping" } }]);
    expect(session.probe(60)).toEqual([]);
    session.closed(70);
    expect(session.probe(80)).toEqual([{ type: "open" }]);
  });

  test("a doubt is probed at once, but ends no waiting", () => {
    expect(session.doubt(50)).toEqual([{ type: "send", message: { type: "ping" } }]);
    session.closed(70);
    expect(session.doubt(80)).toEqual([]);
  });
});

describe("the end", () => {
  beforeEach(() => goLive());

  test("coming back to a call that ended meanwhile is no refusal", () => {
    session.closed(1);
    session.tick(251);
    session.opened();
    const error = { code: "call_ended", message: "over" };
    const effects = session.received({ type: "error", error }, 300);
    expect(effects.at(-1)).toEqual({ type: "finished", phase: "ended", failure: null });
  });

  test.each([
    ["ended", "ended", null],
    ["left", "left", null],
    ["replaced", "ended", "replaced"],
  ] as const)("%s", (reason, phase, code) => {
    const finished = session.received({ type: "ended", reason }, 1).at(-1);
    expect(finished).toMatchObject({ type: "finished", phase });
    expect(finished?.type === "finished" ? (finished.failure?.code ?? null) : "").toBe(code);
  });

  test("leaving says so and happens once", () => {
    expect(kinds(session.leave())).toEqual(["send", "close", "finished"]);
    expect(session.leave()).toEqual([]);
  });

  test("leaving while cut off needs no socket", () => {
    session.closed(1);
    expect(kinds(session.leave())).toEqual(["close", "finished"]);
  });
});
