import { beforeEach, expect, test } from "vitest";
import { Restart, type Silence } from "../../src/call/restart";

let restart: Restart;

beforeEach(() => {
  restart = new Restart();
  restart.began(0);
});

function offered(now: number): void {
  restart.began(now);
  restart.answered("connecting", now);
}

const calm: Silence = { transport: null, pictures: null };
const silent = (since: number): Silence => ({ transport: since, pictures: since });

test("no path within 8 s is in vain and tried anew with growing patience", () => {
  restart.answered("connecting", 0);
  expect(restart.tick("connecting", 7_999)).toBeNull();
  expect(restart.vain).toBe(false);
  expect(restart.tick("connecting", 8_000)).toBe("rebuild");
  expect(restart.vain).toBe(true);
  expect(restart.lostSince).toBeNull();
  offered(8_000);
  expect(restart.tick("connecting", 23_999)).toBeNull();
  expect(restart.tick("connecting", 24_000)).toBe("rebuild");
  offered(24_000);
  restart.changed("connected", 25_000);
  expect(restart.vain).toBe(false);
});

test("nothing is due between being told to repair and having offered", () => {
  restart.answered("connecting", 0);
  restart.tick("connecting", 8_000);
  expect(restart.tick("connecting", 60_000)).toBeNull();
});

test("a short disconnection heals by itself", () => {
  restart.changed("connected", 100);
  expect(restart.changed("disconnected", 1_000)).toBeNull();
  expect(restart.lostSince).toBe(1_000);
  restart.changed("connected", 1_500);
  expect(restart.tick("connected", 5_000)).toBeNull();
  expect(restart.lostSince).toBeNull();
});

test("a longer one restarts ICE, then rebuilds", () => {
  restart.changed("connected", 100);
  restart.changed("disconnected", 1_000);
  expect(restart.tick("disconnected", 2_000)).toBe("restart");
  offered(2_000);
  expect(restart.tick("disconnected", 9_999)).toBeNull();
  expect(restart.tick("disconnected", 10_000)).toBe("rebuild");
  expect(restart.lostSince).toBe(1_000);
});

test("an offer is not given up while its server is away", () => {
  restart.changed("connected", 100);
  restart.changed("disconnected", 5_000);
  expect(restart.tick("disconnected", 6_000)).toBe("restart");
  restart.began(6_000);
  expect(restart.tick("failed", 35_999)).toBeNull();
  restart.answered("failed", 35_999);
  expect(restart.changed("connecting", 36_000)).toBeNull();
  expect(restart.tick("connecting", 36_500)).toBeNull();
  restart.changed("connected", 36_600);
  expect(restart.lostSince).toBeNull();
  expect(restart.vain).toBe(false);
});

test("an attempt that has failed is not waited for", () => {
  restart.answered("connecting", 0);
  restart.changed("failed", 2_000);
  expect(restart.tick("failed", 2_999)).toBeNull();
  expect(restart.tick("failed", 3_000)).toBe("rebuild");
});

test("an answer that wakes no checks is not waited for", () => {
  restart.changed("connected", 100);
  restart.changed("disconnected", 5_000);
  restart.tick("disconnected", 6_000);
  restart.began(6_000);
  restart.changed("failed", 20_000);
  restart.answered("failed", 30_000);
  expect(restart.tick("failed", 30_999)).toBeNull();
  expect(restart.tick("failed", 31_000)).toBe("rebuild");
});

test("checks that an answer wakes have their time", () => {
  restart.changed("connected", 100);
  restart.changed("failed", 20_000);
  offered(20_000);
  restart.answered("failed", 30_000);
  restart.changed("connecting", 30_500);
  expect(restart.tick("connecting", 38_499)).toBeNull();
  expect(restart.tick("connecting", 38_500)).toBe("rebuild");
});

test("an offer that is refused is followed by another after a while", () => {
  restart.changed("connected", 100);
  restart.refused(1_000);
  expect(restart.lostSince).toBe(1_000);
  expect(restart.tick("failed", 1_999)).toBeNull();
  expect(restart.tick("failed", 2_000)).toBe("rebuild");
  restart.began(2_000);
  restart.refused(2_000);
  expect(restart.tick("new", 3_999)).toBeNull();
  expect(restart.tick("new", 4_000)).toBe("rebuild");
  expect(restart.vain).toBe(false);
});

test("a frozen transport restarts ICE, then is replaced, with growing patience", () => {
  restart.changed("connected", 0);
  expect(restart.missing(silent(1_000), "connected", 3_999)).toBeNull();
  expect(restart.lostSince).toBeNull();
  expect(restart.missing(silent(1_000), "connected", 4_000)).toBe("restart");
  expect(restart.lostSince).toBe(1_000);
  offered(4_000);
  expect(restart.missing(silent(1_000), "connected", 8_000)).toBeNull();
  expect(restart.tick("connected", 12_000)).toBe("rebuild");
  expect(restart.vain).toBe(false);
  offered(12_000);
  restart.changed("connected", 12_500);
  restart.missing(calm, "connected", 13_000);
  expect(restart.missing(silent(13_000), "connected", 18_999)).toBeNull();
  expect(restart.missing(silent(13_000), "connected", 19_000)).toBe("restart");
});

test("a frozen transport that carries again is whole at once", () => {
  restart.changed("connected", 0);
  restart.missing(silent(1_000), "connected", 4_000);
  restart.began(4_000);
  expect(restart.missing(calm, "connected", 5_000)).toBeNull();
  expect(restart.lostSince).toBeNull();
  restart.missing(calm, "connected", 64_000);
  expect(restart.missing(silent(65_000), "connected", 68_000)).toBe("restart");
});

test("pictures alone that are missing restart ICE, and cut the sound once at most", () => {
  const starved = { transport: null, pictures: 1_000 };
  restart.changed("connected", 0);
  expect(restart.missing(starved, "connected", 5_999)).toBeNull();
  expect(restart.missing(starved, "connected", 6_000)).toBe("restart");
  offered(6_000);
  expect(restart.lostSince).toBeNull();
  expect(restart.tick("connected", 14_000)).toBeNull();
  expect(restart.missing(starved, "connected", 20_999)).toBeNull();
  expect(restart.missing(starved, "connected", 21_000)).toBe("rebuild");
  offered(21_000);
  restart.changed("connected", 21_500);
  expect(restart.missing(starved, "connected", 300_000)).toBeNull();
  restart.missing(calm, "connected", 301_000);
  expect(restart.missing({ transport: null, pictures: 301_000 }, "connected", 306_000)).toBe(
    "restart",
  );
});

test("failed restarts at once", () => {
  restart.changed("connected", 100);
  expect(restart.changed("failed", 200)).toBe("restart");
  expect(restart.lostSince).toBe(200);
});

test("another network restarts; a path that survives announces nothing", () => {
  restart.changed("connected", 100);
  expect(restart.networkChanged()).toBe("restart");
  expect(restart.networkChanged()).toBeNull();
  restart.began(200);
  expect(restart.tick("connected", 8_200)).toBeNull();
  expect(restart.vain).toBe(false);
});

test("a connection that the server no longer has counts as lost until the next one stands", () => {
  restart.changed("connected", 100);
  restart.gone(5_000);
  expect(restart.lostSince).toBe(5_000);
  expect(restart.tick("connected", 60_000)).toBeNull();
  restart.began(6_000);
  restart.changed("connected", 6_500);
  expect(restart.lostSince).toBeNull();
});
