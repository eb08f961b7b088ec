import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkNetwork } from "../../src/call/network-check";
import { ENOUGH } from "../../src/call/reach";

class Gatherer {
  static newest: Gatherer;
  iceGatheringState: RTCIceGatheringState = "new";
  signalingState: RTCSignalingState = "stable";
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  onicecandidateerror: ((event: { url: string }) => void) | null = null;
  onicegatheringstatechange: (() => void) | null = null;

  constructor(readonly configuration: RTCConfiguration) {
    Gatherer.newest = this;
  }
  createDataChannel(): void {}
  async setLocalDescription(): Promise<void> {
    this.iceGatheringState = "gathering";
  }
  found(type: string): void {
    this.onicecandidate?.({ candidate: { type, protocol: "udp" } });
  }
  complete(): void {
    this.iceGatheringState = "complete";
    this.onicegatheringstatechange?.();
  }
  close(): void {
    this.signalingState = "closed";
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("RTCPeerConnection", Gatherer);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test("the media servers are asked, and the first answer ends it", () => {
  const { reach } = checkNetwork(["192.0.2.1:8081", "[2001:db8::1]:8081"]);
  expect(Gatherer.newest.configuration.iceServers).toEqual([
    { urls: "stun:192.0.2.1:8081" },
    { urls: "stun:[2001:db8::1]:8081" },
  ]);
  Gatherer.newest.found("host");
  expect(reach.value).toBe("checking");
  Gatherer.newest.found("srflx");
  expect(reach.value).toBe("reachable");
  expect(Gatherer.newest.signalingState).toBe("closed");
});

test("silence is a blocked network until an answer comes after all", () => {
  const { reach } = checkNetwork(["192.0.2.1:8081"]);
  Gatherer.newest.found("host");
  vi.advanceTimersByTime(ENOUGH);
  expect(reach.value).toBe("blocked");
  Gatherer.newest.found("srflx");
  expect(reach.value).toBe("reachable");
});

test("a browser that gives up later changes nothing", () => {
  const { reach } = checkNetwork(["192.0.2.1:8081"]);
  vi.advanceTimersByTime(11_000);
  Gatherer.newest.onicecandidateerror?.({ url: "stun:192.0.2.1:8081" });
  Gatherer.newest.complete();
  expect(reach.value).toBe("blocked");
});

test("a browser that refuses to ask knows nothing", () => {
  const { reach } = checkNetwork(["127.0.0.1:8081"]);
  Gatherer.newest.found("host");
  Gatherer.newest.onicecandidateerror?.({ url: "stun:127.0.0.1:8081" });
  Gatherer.newest.complete();
  expect(reach.value).toBe("unknown");
});

test("without media servers nobody is asked, and it ends with the page in any case", () => {
  expect(checkNetwork([]).reach.value).toBe("unknown");
  expect(Gatherer.newest.signalingState).toBe("closed");
  checkNetwork(["192.0.2.1:8081"]).close();
  expect(Gatherer.newest.signalingState).toBe("closed");
  expect(vi.getTimerCount()).toBe(0);
});
