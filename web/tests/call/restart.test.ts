import { beforeEach, expect, test } from "vitest";
import { Restart } from "../../src/call/restart";

let restart: Restart;

beforeEach(() => {
  restart = new Restart();
  restart.began(0);
});

test("no path within 8 s is in vain and tried anew with growing patience", () => {
  expect(restart.tick("connecting", 7_999)).toBeNull();
  expect(restart.vain).toBe(false);
  expect(restart.tick("connecting", 8_000)).toBe("rebuild");
  expect(restart.vain).toBe(true);
  expect(restart.lostSince).toBeNull();
  restart.began(8_000);
  expect(restart.tick("connecting", 23_999)).toBeNull();
  expect(restart.tick("connecting", 24_000)).toBe("rebuild");
  restart.began(24_000);
  restart.changed("connected", 25_000);
  expect(restart.vain).toBe(false);
});

test("nothing is due between being told to repair and having offered", () => {
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
  restart.began(2_000);
  expect(restart.changed("failed", 3_000)).toBeNull();
  expect(restart.tick("failed", 10_000)).toBe("rebuild");
  expect(restart.lostSince).toBe(1_000);
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
