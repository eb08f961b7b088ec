// Asks the media servers by plain STUN, before anybody joins, whether UDP gets through to them.
import { type ReadonlySignal, signal } from "@preact/signals";
import { ENOUGH, judge, overall, type Reach } from "./reach";

/** A late answer still turns the verdict: many people behind one address are answered in turn. */
const PATIENCE = 30_000;

export interface NetworkCheck {
  readonly reach: ReadonlySignal<Reach>;
  close(): void;
}

/** `media`: addresses of the media servers as `host:port`, IPv6 in brackets. */
export function checkNetwork(media: readonly string[]): NetworkCheck {
  const found = media.map((): Reach => "checking");
  const reach = signal(overall(found));
  // Each by a connection of its own: a browser tells only of all servers together when it is done.
  const stops = media.map((address, at) =>
    ask(address, (one) => {
      found[at] = one;
      reach.value = overall(found);
      if (one === "reachable") close();
    }),
  );
  const close = () => {
    for (const stop of stops) stop();
  };
  return { reach, close };
}

/** Tells what is known of the way to one server; returns what stops asking. */
function ask(address: string, tell: (reach: Reach) => void): () => void {
  const connection = new RTCPeerConnection({ iceServers: [{ urls: `stun:${address}` }] });
  const began = performance.now();
  const so = { hosts: 0, answered: false, failed: false, complete: false };
  const look = () => tell(judge({ ...so, age: performance.now() - began }));
  const stop = () => {
    for (const timer of timers) clearTimeout(timer);
    connection.onicecandidate = null;
    connection.onicecandidateerror = null;
    connection.onicegatheringstatechange = null;
    connection.close();
  };
  const timers = [setTimeout(look, ENOUGH), setTimeout(stop, PATIENCE)];
  connection.onicecandidate = ({ candidate }) => {
    if (candidate?.type === "host" && candidate.protocol === "udp") so.hosts += 1;
    if (candidate?.type === "srflx") so.answered = true;
    look();
  };
  connection.onicecandidateerror = () => {
    so.failed = true;
  };
  connection.onicegatheringstatechange = () => {
    so.complete = connection.iceGatheringState === "complete";
    look();
    if (so.complete) stop();
  };
  // Something must be offered, or nothing is gathered.
  connection.createDataChannel("");
  connection.setLocalDescription().catch((reason) => {
    if (connection.signalingState !== "closed") throw reason;
  });
  return stop;
}
