// Asks the media servers by plain STUN, before anybody joins, whether UDP gets through to them.
import { type ReadonlySignal, signal } from "@preact/signals";
import { ENOUGH, judge, type Reach } from "./reach";

/** A late answer still turns the verdict: many people behind one address are answered in turn. */
const PATIENCE = 30_000;

export interface NetworkCheck {
  readonly reach: ReadonlySignal<Reach>;
  close(): void;
}

/** `media`: addresses of the media servers as `host:port`, IPv6 in brackets. */
export function checkNetwork(media: readonly string[]): NetworkCheck {
  const reach = signal<Reach>("checking");
  const connection = new RTCPeerConnection({
    iceServers: media.map((address) => ({ urls: `stun:${address}` })),
  });
  const began = performance.now();
  const failed = new Set<string>();
  const so = { asked: media.length, hosts: 0, answered: false, complete: media.length === 0 };
  const close = () => {
    for (const timer of timers) clearTimeout(timer);
    connection.onicecandidate = null;
    connection.onicecandidateerror = null;
    connection.onicegatheringstatechange = null;
    connection.close();
  };
  const look = () => {
    reach.value = judge({ ...so, failed: failed.size, age: performance.now() - began });
    if (so.answered || so.complete) close();
  };
  const timers = [setTimeout(look, ENOUGH), setTimeout(close, PATIENCE)];
  connection.onicecandidate = ({ candidate }) => {
    if (candidate?.type === "host" && candidate.protocol === "udp") so.hosts += 1;
    if (candidate?.type === "srflx") so.answered = true;
    look();
  };
  connection.onicecandidateerror = ({ url }) => failed.add(url);
  connection.onicegatheringstatechange = () => {
    so.complete = connection.iceGatheringState === "complete";
    look();
  };
  look();
  if (!so.complete) gather(connection);
  return { reach, close };
}

/** Something must be offered, or nothing is gathered. */
function gather(connection: RTCPeerConnection): void {
  connection.createDataChannel("");
  connection.setLocalDescription().catch((reason) => {
    if (connection.signalingState !== "closed") throw reason;
  });
}
