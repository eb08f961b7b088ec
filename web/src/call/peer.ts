// The one RTCPeerConnection of a call: four sending sections, then the receiving slots, in the
// order the server relies on. Negotiated once with the server; later offers only restart ICE, or are
// answered here, with what was agreed upon.
import { withLongPackets, withSoundRepair, withStereo } from "./sdp";
import { VIDEO_SLOTS } from "./slots";
import type { Kind } from "./state";

export const AUDIO_SLOTS = 4;
const MICROPHONE_SECTION = 0;
const SCREEN_AUDIO = 3;
const SCREEN_SOUND_SLOT = 4 + 3;
const SOUND_SLOTS = [4, 5, 6, SCREEN_SOUND_SLOT];

/** Not yet in TypeScript's library. */
interface Encoding extends RTCRtpEncodingParameters {
  scalabilityMode?: string;
}

/** Three temporal layers: whoever has too narrow a line for all pictures is sent every second or fourth. */
const TEMPORAL = "L1T3";
const CAMERA: (Encoding & { maxBitrate: number })[] = [
  { rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000, scalabilityMode: TEMPORAL },
  { rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000, scalabilityMode: TEMPORAL },
  { rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_800_000, scalabilityMode: TEMPORAL },
];
const RIDS = ["q", "h", "f"];
/** By which a side is divided once more where the line bears too little for all pictures. */
const SMALLER = 4 / 3;
/** Bits per second by which what a picture may use goes up and down: more than before is worth a probe. */
const ALLOWANCE = 1_000;
const SCREEN: Encoding[] = [
  { maxBitrate: 2_500_000, maxFramerate: 30, priority: "medium", scalabilityMode: TEMPORAL },
];
/** On a line that bears little one's voice has it before one's picture. */
const MICROPHONE: Encoding[] = [{ priority: "high", networkPriority: "high" }];
/** Bits per second of a voice: what browsers give it by themselves. Said, for Firefox keeps a limit that is only taken away. */
const VOICE = 32_000;
/**
 * The same of one that spares a weak line. What is around the packets is as much again, so there are
 * half as many of them (`withLongPackets`).
 */
const SPARING_VOICE = 20_000;
/** Of an encoding that is on the browser keeps the whole bit rate free, even while it sends nothing. */
const SCREEN_SOUND: Encoding[] = [{ active: false }];

/** Bits per second by rid. */
type Ceilings = Readonly<Record<string, number>>;

interface Shown {
  readonly layers: readonly string[];
  readonly screen: boolean;
  readonly ceilings: Ceilings;
}

export interface PeerEvents {
  connection(state: RTCPeerConnectionState): void;
}

export class Peer {
  readonly connection: RTCPeerConnection;
  readonly audio: readonly RTCRtpReceiver[];
  readonly video: readonly RTCRtpReceiver[];
  private readonly senders: Record<Kind, RTCRtpSender>;
  /** `setParameters` fails when two changes of one sender overlap. */
  private turn: Promise<void> = Promise.resolve();
  private awaited = -1;
  /** The server's answer in force, as it came. */
  private agreed = { sdp: "", sparing: false };
  private allowance = 0;
  private smaller = false;
  private sparing = false;
  private shown: Shown = { layers: RIDS, screen: true, ceilings: {} };

  constructor(iceServers: RTCIceServer[], events: PeerEvents) {
    this.connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers });
    this.senders = {
      microphone: this.sending("audio", MICROPHONE).sender,
      camera: this.sending("video", CAMERA).sender,
      screen: this.sending("video", SCREEN).sender,
      screen_audio: this.sending("audio", SCREEN_SOUND).sender,
    };
    this.audio = this.receiving("audio", AUDIO_SLOTS);
    this.video = this.receiving("video", VIDEO_SLOTS);
    this.connection.onconnectionstatechange = () =>
      events.connection(this.connection.connectionState);
  }

  /** Sets and returns a new offer; an earlier one that is still unanswered is forgotten. */
  async offer(id: number, iceRestart: boolean): Promise<string> {
    this.awaited = id;
    let sdp = "";
    await this.inTurn(async () => {
      sdp = await this.propose(iceRestart);
    });
    return sdp;
  }

  /** The answer to any but the latest offer is ignored: false. */
  async answer(id: number, sdp: string): Promise<boolean> {
    let taken = false;
    await this.inTurn(async () => {
      const { signalingState } = this.connection;
      if (id !== this.awaited || signalingState !== "have-local-offer") return;
      await this.agree(sdp);
      taken = true;
    });
    return taken;
  }

  get answered(): boolean {
    return (
      this.connection.remoteDescription !== null && this.connection.signalingState === "stable"
    );
  }

  send(kind: Kind, track: MediaStreamTrack | null): Promise<void> {
    return this.inTurn(async () => {
      await this.senders[kind].replaceTrack(track);
      // Pictures are paused by what the server says of them.
      const sound = kind === "microphone" || kind === "screen_audio";
      if (sound && this.answered) await this.tuneSounds();
    });
  }

  /**
   * Pauses the layers of the camera that nobody shows, and the screen. `sparing`: a voice costs less.
   * `ceilings`: bits per second of layers that may have others than by themselves.
   */
  publish(
    layers: readonly string[],
    screen: boolean,
    sparing = false,
    ceilings: Ceilings = {},
  ): Promise<void> {
    this.shown = { layers, screen, ceilings };
    this.sparing = sparing;
    return this.inTurn(() => this.fit());
  }

  /** Has the browser probe whether the line bears more: Chromium does when more may be used. */
  probe(): Promise<void> {
    this.allowance = this.allowance === 0 ? ALLOWANCE : 0;
    return this.answered ? this.inTurn(() => this.tune()) : Promise.resolve();
  }

  /** Pictures of the camera of three quarters the lines; the same again changes nothing. */
  shrink(smaller: boolean): Promise<void> {
    if (this.smaller === smaller) return Promise.resolve();
    this.smaller = smaller;
    return this.answered ? this.inTurn(() => this.tune()) : Promise.resolve();
  }

  private async propose(iceRestart: boolean): Promise<string> {
    const offer = await this.connection.createOffer({ iceRestart });
    const stereo = withStereo(offer.sdp ?? "", [SCREEN_AUDIO, SCREEN_SOUND_SLOT]);
    const sdp = withSoundRepair(stereo, SOUND_SLOTS);
    await this.connection.setLocalDescription({ type: "offer", sdp });
    return sdp;
  }

  private async agree(sdp: string): Promise<void> {
    const { sparing } = this;
    const answer = sparing ? withLongPackets(sdp, [MICROPHONE_SECTION]) : sdp;
    await this.connection.setRemoteDescription({ type: "answer", sdp: answer });
    this.agreed = { sdp, sparing };
    // What was set before is forgotten by Chromium.
    await this.tune();
  }

  /** How long packets are is the browser's own affair: the server is not asked. */
  private async fit(): Promise<void> {
    // The answer that is to come brings all of it with it.
    if (!this.answered) return;
    if (this.agreed.sparing === this.sparing) return this.tune();
    await this.propose(false);
    try {
      await this.agree(this.agreed.sdp);
    } catch (error) {
      // Else the connection would wait for an answer for ever.
      await this.connection.setLocalDescription({ type: "rollback" });
      throw error;
    }
  }

  private async tune(): Promise<void> {
    const { layers, screen, ceilings } = this.shown;
    const { camera, screen: shared } = this.senders;
    await this.tuneSounds();
    const asked = ({ rid }: Encoding) => rid === undefined || layers.includes(rid);
    const told = CAMERA.map((one) => ({
      ...one,
      maxBitrate: ceilings[one.rid ?? ""] ?? one.maxBitrate,
      scaleResolutionDownBy: this.divisor(one),
    }));
    await tunePicture(camera, told, this.allowance, asked);
    await tunePicture(shared, SCREEN, this.allowance, () => screen);
  }

  /** Beside larger ones the smallest layer is what viewers with narrow lines see, and costs its sender little. */
  private divisor({ rid, scaleResolutionDownBy: by = 1 }: Encoding): number {
    const alone = this.shown.layers.every((one) => one === "q");
    return this.smaller && (rid !== "q" || alone) ? by * SMALLER : by;
  }

  private async tuneSounds(): Promise<void> {
    await tuneSound(this.senders.microphone, this.sparing ? SPARING_VOICE : VOICE);
    await tuneSound(this.senders.screen_audio, null);
  }

  /** Bits per second that the active encodings of what is sent may use, by sender and rid. */
  ceilings(): Map<string, number> {
    const ceilings = new Map<string, number>();
    for (const kind of ["camera", "screen"] as const) {
      if (this.senders[kind].track === null) continue;
      for (const encoding of this.senders[kind].getParameters().encodings) {
        if (encoding.active === false) continue;
        ceilings.set(`${kind}:${encoding.rid ?? ""}`, encoding.maxBitrate ?? 0);
      }
    }
    return ceilings;
  }

  close(): void {
    this.connection.onconnectionstatechange = null;
    this.connection.close();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done.catch((reason) => {
      // A closed connection refuses everything; that is the end of a call, not a fault.
      if (this.connection.signalingState !== "closed") throw reason;
    });
  }

  private sending(kind: "audio" | "video", sendEncodings: Encoding[]) {
    const init = { direction: "sendonly", sendEncodings: structuredClone(sendEncodings) } as const;
    return prefer(this.connection.addTransceiver(kind, init), kind);
  }

  private receiving(kind: "audio" | "video", count: number): RTCRtpReceiver[] {
    return Array.from({ length: count }, () => {
      const transceiver = this.connection.addTransceiver(kind, { direction: "recvonly" });
      return prefer(transceiver, kind).receiver;
    });
  }
}

/** VP8 with retransmission, and Opus with RED: shorter offers, and nothing the server would refuse. */
function prefer(transceiver: RTCRtpTransceiver, kind: "audio" | "video"): RTCRtpTransceiver {
  const wanted = kind === "audio" ? ["audio/opus", "audio/red"] : ["video/vp8", "video/rtx"];
  const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
  // The first is what is sent unless something else is said.
  const codecs = wanted.flatMap((name) =>
    known.filter((codec) => codec.mimeType.toLowerCase() === name),
  );
  if (codecs.length > 0 && "setCodecPreferences" in transceiver) {
    transceiver.setCodecPreferences(codecs);
  }
  return transceiver;
}

/** `most`: bits per second; null: as many as the browser likes. */
async function tuneSound(sender: RTCRtpSender, most: number | null): Promise<void> {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) {
    encoding.active = sender.track !== null;
    if (most !== null) encoding.maxBitrate = most;
  }
  await sender.setParameters(parameters);
}

/**
 * Under pressure frames are dropped, not pixels: the text of a screen must stay readable, and of a
 * camera the server chooses between sizes, which must therefore keep their order (Chromium
 * would halve the last active layer at the start and not come back; how small is ours to say).
 */
async function tunePicture(
  sender: RTCRtpSender,
  design: readonly Encoding[],
  allowance: number,
  wanted: (encoding: Encoding) => boolean,
): Promise<void> {
  const parameters = sender.getParameters();
  for (const encoding of parameters.encodings) {
    encoding.active = wanted(encoding);
    const meant = design.find(({ rid }) => rid === encoding.rid);
    if (meant?.maxBitrate !== undefined) encoding.maxBitrate = meant.maxBitrate + allowance;
    const by = meant?.scaleResolutionDownBy;
    if (by !== undefined) encoding.scaleResolutionDownBy = by;
  }
  await sender.setParameters({ ...parameters, degradationPreference: "maintain-resolution" });
}
