// Figures of a connection that is held back by one thing or another.
import type { ConnectionDetails, TileDetails, WantedTile } from "../../call";

const well: Omit<ConnectionDetails, "tiles"> = {
  rttMs: 24,
  lossPercent: 0.4,
  sendLossPercent: 0.1,
  receiveLossPercent: 0.4,
  jitterMs: 3,
  sendKbps: 1840,
  receiveKbps: 3920,
  sendShare: null,
  receiveShare: null,
  sendLineKbps: 4200,
  receiveLineKbps: 6100,
  sendHeight: 720,
  candidate: "host udp → host",
};

const worse: Readonly<Record<string, Partial<ConnectionDetails>>> = {
  upload: { sendShare: 0.2, sendKbps: 210, sendLineKbps: 240, sendHeight: 360, rttMs: 180 },
  rests: { sendKbps: 41, sendLineKbps: 72, sendHeight: null, rttMs: 190 },
  download: { receiveShare: 0.15, receiveKbps: 280, receiveLineKbps: 310, rttMs: 210 },
  line: { sendLossPercent: 9.1, receiveLossPercent: 12.4, lossPercent: 12.4, rttMs: 640 },
};

const reasons: Readonly<Record<string, TileDetails["reason"]>> = {
  download: "line",
  server: "server",
};

export function connectionDetails(kind: string, asked: readonly WantedTile[]): ConnectionDetails {
  const tiles = asked.map((tile, at): TileDetails => {
    const reason = kind === "theirs" && at === 3 ? "publisher" : (reasons[kind] ?? "tile");
    const nothing = reason !== "tile" && (at > 4 || kind === "theirs");
    return {
      participant: tile.participant,
      kind: tile.kind,
      wantedHeight: tile.height,
      few: tile.frames === "few",
      height: nothing ? null : reason === "tile" ? 360 : 180,
      framesPerSecond: nothing ? 0 : tile.frames === "few" ? 8 : 25,
      kbps: nothing ? 0 : reason === "tile" ? 460 : 130,
      lossPercent: nothing ? null : 0.2,
      layer: nothing ? null : reason === "tile" ? "h" : "q",
      temporal: nothing ? null : 2,
      reason,
    };
  });
  return { ...well, ...worse[kind], tiles };
}
