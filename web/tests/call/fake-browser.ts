// The little of a browser that the adapters need, each part drivable by a test.
import { deflateRawSync } from "node:zlib";
import { vi } from "vitest";

export class FakeStream {
  private tracks: unknown[] = [];
  getTracks(): unknown[] {
    return [...this.tracks];
  }
  addTrack(track: unknown): void {
    this.tracks.push(track);
  }
  removeTrack(track: unknown): void {
    this.tracks = this.tracks.filter((other) => other !== track);
  }
}

export class FakeTrack {
  enabled = true;
  stopped = false;
  muted = false;
  onended: (() => void) | null = null;
  onmute: ((event: Event) => void) | null = null;
  onunmute: ((event: Event) => void) | null = null;
  copies: FakeTrack[] = [];
  constructor(readonly device = "usual") {}
  stop(): void {
    this.stopped = true;
  }
  getSettings(): MediaTrackSettings {
    return { deviceId: this.device };
  }
  clone(): FakeTrack {
    const copy = new FakeTrack(this.device);
    this.copies.push(copy);
    return copy;
  }
}

export class FakeReceiver {
  readonly track = {};
  sightings: { source: number; timestamp: number }[] = [];
  getContributingSources(): { source: number; timestamp: number }[] {
    return this.sightings;
  }
}

class FakeSender {
  track: unknown = null;
  parameters: RTCRtpSendParameters;
  constructor(encodings: RTCRtpEncodingParameters[]) {
    this.parameters = { encodings } as RTCRtpSendParameters;
  }
  async replaceTrack(track: unknown): Promise<void> {
    this.track = track;
  }
  getParameters(): RTCRtpSendParameters {
    return structuredClone(this.parameters);
  }
  async setParameters(parameters: RTCRtpSendParameters): Promise<void> {
    this.parameters = parameters;
  }
}

export class FakeConnection {
  static all: FakeConnection[] = [];
  connectionState: RTCPeerConnectionState = "new";
  signalingState: RTCSignalingState = "stable";
  remoteDescription: unknown = null;
  onconnectionstatechange: (() => void) | null = null;
  readonly kinds: string[] = [];
  readonly senders: FakeSender[] = [];
  readonly restarts: boolean[] = [];
  stats: object[] = [];

  constructor(readonly configuration: RTCConfiguration) {
    FakeConnection.all.push(this);
  }

  addTransceiver(kind: string, init: RTCRtpTransceiverInit) {
    this.kinds.push(`${init.direction} ${kind}`);
    const sender = new FakeSender(init.sendEncodings ?? [{}]);
    this.senders.push(sender);
    return { sender, receiver: new FakeReceiver() };
  }

  async createOffer({ iceRestart }: RTCOfferOptions): Promise<RTCSessionDescriptionInit> {
    this.restarts.push(iceRestart === true);
    return { type: "offer", sdp: `offer ${this.restarts.length}` };
  }

  async setLocalDescription(): Promise<void> {
    this.signalingState = "have-local-offer";
  }

  async setRemoteDescription(description: { sdp: string }): Promise<void> {
    if (description.sdp === "nonsense") throw new Error("nonsense");
    this.remoteDescription = description;
    this.signalingState = "stable";
  }

  async getStats(): Promise<Map<number, object>> {
    return new Map(this.stats.entries());
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.onconnectionstatechange?.();
  }

  close(): void {
    this.signalingState = "closed";
    this.connectionState = "closed";
  }
}

export class FakeSocket {
  static all: FakeSocket[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  /** What was sent deflated. */
  readonly frames: ArrayBuffer[] = [];
  readonly sent: { type: string; command?: string }[] = [];
  closed = false;

  constructor(readonly address: string) {
    FakeSocket.all.push(this);
  }

  send(data: string | ArrayBuffer): void {
    if (typeof data === "string") this.sent.push(JSON.parse(data));
    else this.frames.push(data);
  }

  close(): void {
    this.closed = true;
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** As it comes when it is large. */
  sayDeflated(message: object): void {
    const data = new Uint8Array(deflateRawSync(JSON.stringify(message))).buffer;
    this.onmessage?.({ data });
  }
}

/** Puts the fakes where the code looks for the real ones; `vi.unstubAllGlobals()` takes them away. */
export function fakeBrowser(): void {
  FakeConnection.all = [];
  FakeSocket.all = [];
  vi.stubGlobal("MediaStream", FakeStream);
  vi.stubGlobal("RTCPeerConnection", FakeConnection);
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => null });
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("requestAnimationFrame", (work: () => void) => setTimeout(work, 16));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
}

/** Lets promises that are already settled run on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
