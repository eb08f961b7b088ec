// One sample of the browser's counters. Pure: a statistics report in, sums out.
import type { Sent } from "./fluency";
import type { Encoded } from "./guess";
import type { Sample } from "./quality";

export type Entry = Record<string, unknown> & { type: string; id: string };

/**
 * `ceilings`: bits per second that each active encoding may use, by name. `smaller`: the camera's pictures are
 * sent smaller than they are taken, so that all of them fit; the browser then feels no want.
 */
export function sample(
  report: Iterable<Entry>,
  ceilings: ReadonlyMap<string, number>,
  connected: boolean,
  now: number,
  smaller = false,
): Omit<Sample, "unsettled" | "receiveShare"> {
  const entries = [...report];
  const of = (type: string) => entries.filter((entry) => entry.type === type);
  const inbound = of("inbound-rtp");
  const video = of("outbound-rtp").filter(
    (entry) => entry.kind === "video" && entry.active !== false,
  );
  const pair = selectedPair(entries);
  // Firefox has the entry, but without bytes; it counts them by pair, without the checks.
  const transport = of("transport").find((entry) => typeof entry.bytesReceived === "number");
  return {
    now,
    connected,
    bytesSent: transport ? number(transport.bytesSent) : total(of("outbound-rtp"), "bytesSent"),
    bytesReceived: transport ? number(transport.bytesReceived) : total(inbound, "bytesReceived"),
    heard: [transport, pair].map((entry) => entry?.bytesReceived).find(isNumber) ?? null,
    packetsReceived: total(inbound, "packetsReceived"),
    picturesReceived: total(
      inbound.filter((entry) => entry.kind === "video"),
      "packetsReceived",
    ),
    packetsSent: total(of("outbound-rtp"), "packetsSent"),
    packetsLost: total(inbound, "packetsLost"),
    sendLoss: greatest(of("remote-inbound-rtp"), "fractionLost"),
    jitterMs: inMs(greatest(inbound, "jitter")),
    rttMs: roundTripOf(entries),
    share: shareOf(video, ceilings, smaller),
    sendLine: [pair?.availableOutgoingBitrate].find(isNumber) ?? null,
    sendHeight: greatest(video, "frameHeight"),
    candidate: describe(entries, pair),
  };
}

/** Worst share of one's own sound that the server reports lost, 0–1. */
export function soundLossOf(entries: readonly Entry[]): number {
  const told = entries.filter((entry) => entry.type === "remote-inbound-rtp");
  const sound = told.filter((entry) => entry.kind === "audio");
  return greatest(sound, "fractionLost") ?? 0;
}

/**
 * The largest layer of the camera that is on; null: none is, or the browser does not say what it counts.
 * `ceilings` as above. `rate`: bits per second of an encoding, for browsers that do not say what they give it.
 */
export function largestOf(
  entries: readonly Entry[],
  ceilings: ReadonlyMap<string, number>,
  rate: (name: string) => number | null,
): Sent | null {
  const rid = ["f", "h", "q"].find((one) => ceilings.has(`camera:${one}`));
  const layer = entries.find((entry) => entry.type === "outbound-rtp" && entry.rid === rid);
  const given = layer?.targetBitrate ?? rate(`camera:${rid}`);
  const counts = [layer?.framesEncoded, sourceOf(entries, layer)?.frames, given];
  if (rid === undefined || !counts.every(isNumber)) return null;
  const [encoded = 0, taken = 0, bits = 0] = counts;
  return { rid, encoded, taken, given: bits, most: ceilings.get(`camera:${rid}`) ?? 0 };
}

/** All that pictures are sent with. `ceilings` as above. */
export function encodedOf(
  entries: readonly Entry[],
  ceilings: ReadonlyMap<string, number>,
): Encoded[] {
  const pictures = entries.filter(
    (entry) => entry.type === "outbound-rtp" && entry.kind === "video",
  );
  return [...ceilings].flatMap(([name, most]) => {
    // A screen has one encoding, without a name.
    const layer = pictures.find((entry) => `camera:${entry.rid}` === name);
    const entry = layer ?? pictures.find((one) => one.rid === undefined && name === "screen:");
    if (entry === undefined) return [];
    return {
      name,
      most,
      encoded: number(entry.framesEncoded),
      taken: number(sourceOf(entries, entry)?.frames),
      bytes: number(entry.bytesSent) - number(entry.retransmittedBytesSent),
      quantizers: number(entry.qpSum),
      lost: number(entries.find((one) => one.id === entry.remoteId)?.fractionLost),
    };
  });
}

/** Firefox does not say which source an encoding has; a source names its `mid` in its id. */
function sourceOf(entries: readonly Entry[], encoding: Entry | undefined): Entry | undefined {
  const sources = entries.filter((entry) => entry.type === "media-source");
  const named = `mediasource_video_${encoding?.mid}`;
  return (
    sources.find((entry) => entry.id === encoding?.mediaSourceId) ??
    sources.find((entry) => entry.id === named || entry.id.startsWith(`${named}{`))
  );
}

/** Of the way in use, ms; null: unknown. */
export function roundTripOf(entries: readonly Entry[]): number | null {
  const rtt = selectedPair(entries)?.currentRoundTripTime;
  return typeof rtt === "number" ? inMs(rtt) : null;
}

function selectedPair(entries: readonly Entry[]): Entry | undefined {
  const transport = entries.find((entry) => entry.type === "transport");
  const pairs = entries.filter((entry) => entry.type === "candidate-pair");
  const id = transport?.selectedCandidatePairId;
  return (
    pairs.find((pair) => pair.id === id) ??
    pairs.find((pair) => pair.selected === true) ??
    pairs.find((pair) => pair.nominated === true && pair.state === "succeeded")
  );
}

function shareOf(
  video: readonly Entry[],
  ceilings: ReadonlyMap<string, number>,
  smaller: boolean,
): number | null {
  const limited = smaller || video.some((entry) => entry.qualityLimitationReason === "bandwidth");
  const ceiling = [...ceilings.values()].reduce((sum, each) => sum + each, 0);
  return limited && ceiling > 0 ? total(video, "targetBitrate") / ceiling : null;
}

function describe(entries: readonly Entry[], pair: Entry | undefined): string {
  const local = entries.find((entry) => entry.id === pair?.localCandidateId);
  const remote = entries.find((entry) => entry.id === pair?.remoteCandidateId);
  if (local === undefined) return "";
  const protocol = local.relayProtocol ?? local.protocol;
  return `${local.candidateType} ${protocol} → ${remote?.candidateType ?? "?"}`;
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function total(entries: readonly Entry[], field: string): number {
  return entries.reduce((sum, entry) => sum + number(entry[field]), 0);
}

function greatest(entries: readonly Entry[], field: string): number | null {
  const values = entries.flatMap((entry) =>
    typeof entry[field] === "number" ? [entry[field]] : [],
  );
  return values.length > 0 ? Math.max(...(values as number[])) : null;
}

function inMs(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds * 1000);
}
