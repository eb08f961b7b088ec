import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checkNetwork } from "../../src/call/network-check";
import { ENOUGH } from "../../src/call/reach";

class Gatherer {
  static all: Gatherer[] = [];
  iceGatheringState: RTCIceGatheringState = "new";
  signalingState: RTCSignalingState = "stable";
  onicecandidate: ((event: { candidate: object | null }) => void) | null = null;
  onicecandidateerror: (() => void) | null = null;
  onicegatheringstatechange: (() => void) | null = null;

  constructor(readonly configuration: RTCConfiguration) {
    Gatherer.all.push(this);
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
  Gatherer.all = [];
  vi.stubGlobal("RTCPeerConnection", Gatherer);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function check(...media: string[]) {
  const { reach, close } = checkNetwork(media);
  const [first, second] = Gatherer.all as [Gatherer, Gatherer];
  return { reach, close, first, second };
}

test("each media server is asked, and the first answer ends it", () => {
  const { reach, first, second } = check("192.0.2.1:8081", "[2001:db8::1]:8081");
  expect(Gatherer.all.map(({ configuration }) => configuration.iceServers)).toEqual([
    [{ urls: "stun:192.0.2.1:8081" }],
    [{ urls: "stun:[2001:db8::1]:8081" }],
  ]);
  second.found("host");
  expect(reach.value).toBe("checking");
  second.found("srflx");
  expect(reach.value).toBe("reachable");
  expect([first.signalingState, second.signalingState]).toEqual(["closed", "closed"]);
  expect(vi.getTimerCount()).toBe(0);
});

test("an answer that the browser keeps to itself counts although other servers are silent", () => {
  const { reach, first } = check("192.0.2.1:8081", "172.17.0.1:8081");
  first.found("host");
  first.complete();
  expect(reach.value).toBe("reachable");
});

test("silence is a blocked network until an answer comes after all", () => {
  const { reach, first } = check("192.0.2.1:8081");
  first.found("host");
  vi.advanceTimersByTime(ENOUGH);
  expect(reach.value).toBe("blocked");
  first.found("srflx");
  expect(reach.value).toBe("reachable");
});

test("a browser that gives up later changes nothing", () => {
  const { reach, first } = check("192.0.2.1:8081");
  vi.advanceTimersByTime(11_000);
  first.onicecandidateerror?.();
  first.complete();
  expect(reach.value).toBe("blocked");
});

test("a browser that refuses to ask knows nothing", () => {
  const { reach, first } = check("127.0.0.1:8081");
  first.found("host");
  first.onicecandidateerror?.();
  first.complete();
  expect(reach.value).toBe("unknown");
});

test("without media servers nobody is asked, and it ends with the page in any case", () => {
  expect(check().reach.value).toBe("unknown");
  expect(Gatherer.all).toEqual([]);
  const { close, first } = check("192.0.2.1:8081");
  close();
  expect(first.signalingState).toBe("closed");
  expect(vi.getTimerCount()).toBe(0);
});
