// What comes of each picture that is asked for, and why it is not more. Pure: the browser's counters
// by slot and the server's word in, figures out.
import type { Line } from "../wire/messages";
import { type Slots, tileKey } from "./slots";
import type { TileDetails } from "./state";
import type { Entry } from "./stats";

/** Loss and rates are taken over this time, ms. */
const WINDOW = 6_000;
/** Fewer packets say nothing about loss. */
const PACKETS = 20;
const LAYERS = { q: 180, h: 360, f: 720 } as const;
/** What a layer costs at the most, kbit/s, and the part of it that its temporal layers up to this one take. */
const RATES = { q: 150, h: 500, f: 1_800 } as const;
const SCREEN_RATE = 2_500;
const TEMPORAL = [0.4, 0.6, 1] as const;
/** A layer serves a tile from this share of its height on; the server chooses alike. */
const ENOUGH = 0.8;

interface Count {
  readonly now: number;
  readonly bytes: number;
  readonly received: number;
  readonly lost: number;
}

export class TileMeter {
  private readonly counts = new Map<string, Count[]>();

  /** `inbound`: the counters of each slot's receiver. */
  add(
    now: number,
    slots: Slots,
    inbound: (slot: number) => Entry | undefined,
    line: Line | undefined,
  ): readonly TileDetails[] {
    const seen = new Set<string>();
    const tiles = slots.flatMap((tile, slot): TileDetails[] => {
      if (tile === null) return [];
      const entry = inbound(slot);
      const key = `${slot}:${tileKey(tile)}`;
      seen.add(key);
      const given = line?.tiles?.find((one) => one.slot === slot);
      return [
        {
          participant: tile.participant,
          kind: tile.kind,
          wantedHeight: tile.height,
          few: tile.frames === "few",
          height: number(entry?.frameHeight),
          framesPerSecond: number(entry?.framesPerSecond) ?? 0,
          ...this.rates(key, now, entry),
          layer: given?.layer ?? null,
          temporal: given?.temporal ?? null,
          reason: given?.reason ?? null,
        },
      ];
    });
    for (const key of this.counts.keys()) if (!seen.has(key)) this.counts.delete(key);
    return tiles;
  }

  private rates(key: string, now: number, entry: Entry | undefined) {
    const count = {
      now,
      bytes: number(entry?.bytesReceived) ?? 0,
      received: number(entry?.packetsReceived) ?? 0,
      lost: number(entry?.packetsLost) ?? 0,
    };
    const before = this.counts.get(key) ?? [];
    const anew = (before.at(-1)?.received ?? 0) > count.received;
    const counts = [...(anew ? [] : before), count].filter((one) => now - one.now <= WINDOW);
    this.counts.set(key, counts);
    const first = counts[0] ?? count;
    const lost = Math.max(0, count.lost - first.lost);
    const all = lost + count.received - first.received;
    return {
      kbps: now > first.now ? Math.round(((count.bytes - first.bytes) * 8) / (now - first.now)) : 0,
      lossPercent: all >= PACKETS ? Math.round((lost * 1000) / all) / 10 : null,
    };
  }
}

/** What pictures get of what they would have on a line that bears all, 0–1; null: they have it. */
export function receiveShare(tiles: readonly TileDetails[]): number | null {
  if (!tiles.some(({ reason }) => reason === "line")) return null;
  let wanted = 0;
  let given = 0;
  for (const tile of tiles) {
    if (tile.reason === null) continue;
    const most = cost(tile, fitting(tile.wantedHeight), tile.few ? 0 : 2);
    wanted += most;
    given += tile.reason === "line" ? Math.min(most, cost(tile, tile.layer, tile.temporal)) : most;
  }
  return wanted > 0 ? given / wanted : null;
}

function fitting(height: number): keyof typeof LAYERS {
  return height * ENOUGH <= LAYERS.q ? "q" : height * ENOUGH <= LAYERS.h ? "h" : "f";
}

function cost(
  { kind }: TileDetails,
  layer: keyof typeof RATES | null,
  temporal: number | null,
): number {
  if (layer === null) return 0;
  return (kind === "screen" ? SCREEN_RATE : RATES[layer]) * (TEMPORAL[temporal ?? 2] ?? 1);
}

function number(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
