// Which of the receiving slots carries which wanted tile. Pure. A tile that stays keeps its slot,
// so that its picture goes on without a keyframe.
import type { Tile } from "../wire/messages";
import type { WantedTile } from "./state";

/** What the server has for one viewer, and what a phone ever shows. */
const MOST_SLOTS = 25;
const PHONE_SLOTS = 9;

/** How many slots are negotiated, once, for all that this screen may show at a time. */
export function slotsFor(screen: { width: number; height: number } | undefined): number {
  const phone = screen !== undefined && Math.min(screen.width, screen.height) < 500;
  return phone ? PHONE_SLOTS : MOST_SLOTS;
}

export const VIDEO_SLOTS = slotsFor(globalThis.screen);

export type Slots = readonly (WantedTile | null)[];

export const noTiles: Slots = Array<null>(VIDEO_SLOTS).fill(null);

export function tileKey(tile: { participant: number; kind: string }): string {
  return `${tile.participant}:${tile.kind}`;
}

/** `wanted` in order of importance; what does not fit into the slots is left out. */
export function assign(current: Slots, wanted: readonly WantedTile[]): Slots {
  const waiting = new Map(wanted.map((tile) => [tileKey(tile), tile]));
  const kept = [...waiting.keys()].slice(0, VIDEO_SLOTS);
  for (const key of waiting.keys()) if (!kept.includes(key)) waiting.delete(key);
  const next = current.map((tile) => {
    const stays = tile === null ? undefined : waiting.get(tileKey(tile));
    if (stays !== undefined) waiting.delete(tileKey(stays));
    return stays ?? null;
  });
  const rest = [...waiting.values()];
  // Slots that were empty come first: nobody else's last frame is in them.
  for (const wasEmpty of [true, false]) {
    for (let slot = 0; slot < VIDEO_SLOTS; slot += 1) {
      if (next[slot] === null && (current[slot] === null) === wasEmpty) {
        next[slot] = rest.shift() ?? null;
      }
    }
  }
  return next;
}

export function toView(slots: Slots): Tile[] {
  return slots.flatMap((tile, slot) => {
    if (tile === null) return [];
    const height = Math.min(4320, Math.max(1, Math.round(tile.height)));
    const { participant, kind, frames } = tile;
    return [{ slot, participant, kind, height, ...(frames === undefined ? {} : { frames }) }];
  });
}
