// What holds the call back, from figures of both directions. Pure. It is what the person can do
// something about that is named first: his own line, then the server, then the others.
import type { ConnectionDetails, Person, Quality, TileDetails } from "./state";

export type Bottleneck =
  | { readonly kind: "none" | "lost" | "upload" | "rests" | "download" | "line" | "server" }
  /** Whose pictures and sound suffer: numbers. */
  | { readonly kind: "theirs"; readonly participants: readonly number[] };

/** As for the marks: from here on a connection is not good any more. */
const LOSS_PERCENT = 6;
const SHARE = 0.5;
const RTT_MS = 1_500;
/** A picture that loses less than this came over a line that is well. */
const CLEAN_PERCENT = 2;

/** `rests`: of one's own camera, which is on, the line up bears nothing. */
export function bottleneck(
  quality: Quality,
  details: ConnectionDetails | null,
  person: (number: number) => Pick<Person, "quality"> | undefined,
  rests = false,
): Bottleneck {
  if (quality === "lost") return { kind: "lost" };
  if (details === null) return { kind: "none" };
  const { tiles } = details;
  const theirs = new Set(
    tiles.filter((tile) => isTheirs(tile, tiles, person)).map((tile) => tile.participant),
  );
  const upload =
    rests || (details.sendLossPercent ?? 0) >= LOSS_PERCENT || (details.sendShare ?? 1) < SHARE;
  // What the others lose on their way to the server is missing here, too.
  const loses = (details.receiveLossPercent ?? 0) >= LOSS_PERCENT && !lossIsTheirs(tiles, theirs);
  const download = loses || (details.receiveShare ?? 1) < SHARE;
  if ((upload && download) || (details.rttMs ?? 0) > RTT_MS) return { kind: "line" };
  if (download) return { kind: "download" };
  if (upload) return { kind: rests ? "rests" : "upload" };
  if (tiles.some(({ reason }) => reason === "server")) return { kind: "server" };
  return theirs.size > 0 ? { kind: "theirs", participants: [...theirs] } : { kind: "none" };
}

function isTheirs(
  tile: TileDetails,
  tiles: readonly TileDetails[],
  person: (number: number) => Pick<Person, "quality"> | undefined,
): boolean {
  const quality = person(tile.participant)?.quality ?? "good";
  if (quality === "poor" || quality === "lost") return true;
  if (tile.reason === "publisher") return true;
  if ((tile.lossPercent ?? 0) < LOSS_PERCENT) return false;
  // Others' pictures come over the same line to here, and they come whole.
  return (
    quality === "medium" ||
    tiles.some(
      ({ participant, lossPercent }) =>
        participant !== tile.participant && lossPercent !== null && lossPercent < CLEAN_PERCENT,
    )
  );
}

function lossIsTheirs(tiles: readonly TileDetails[], theirs: ReadonlySet<number>): boolean {
  const lossy = tiles.filter(({ lossPercent }) => (lossPercent ?? 0) >= LOSS_PERCENT);
  return lossy.length > 0 && lossy.every(({ participant }) => theirs.has(participant));
}
