// The video slots at work: which tile is in which slot, and whether its picture is certain.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Tile } from "../wire/messages";
import { Cover, sourceOf } from "./covers";
import type { Peer } from "./peer";
import { assign, noTiles, type Slots, tileKey, toView, VIDEO_SLOTS } from "./slots";
import type { Person, Picture, WantedTile } from "./state";

/** Changes within a frame go together. A frame itself would not come in a hidden tab. */
const SOON = 16;
/**
 * A window that is drawn larger changes with every frame, and the server refuses a flood, the last view
 * as well: no more than so many views within so many ms.
 */
const MOST_VIEWS = 5;
const WITHIN = 250;
const LOOK_WHILE_COVERED = 40;
/** A guard against a slot that changes without having been asked to. */
const LOOK_AT_REST = 200;
/** A page that is out of sight for longer asks for no pictures; a glance elsewhere costs nothing. */
const OUT_OF_SIGHT = 3_000;

export interface PicturesSource {
  send(tiles: Tile[]): void;
  person(number: number): Person | undefined;
  /** Nobody sees the page now. */
  hidden(): boolean;
  /** Media cannot arrive now. */
  cut(): boolean;
  /** The server gives this slot nothing: a line does not bear it. */
  withheld(slot: number): boolean;
}

export class Pictures {
  private readonly shown = signal<ReadonlyMap<string, Picture>>(new Map());
  private readonly covers = Array.from({ length: VIDEO_SLOTS }, () => new Cover());
  private readonly streams = Array.from({ length: VIDEO_SLOTS }, () => new MediaStream());
  private wanted: readonly WantedTile[] = [];
  private slots: Slots = noTiles;
  private receivers: readonly RTCRtpReceiver[] = [];
  private coming: ReturnType<typeof setTimeout> | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private sent = "";
  /** When the latest views were sent, the newest last. */
  private sentAt: readonly number[] = [];
  private hiddenSince: number | null = null;
  private asking = true;
  private closed = false;

  constructor(private readonly source: PicturesSource) {}

  /** By `${participant}:${kind}`. */
  get all(): ReadonlySignal<ReadonlyMap<string, Picture>> {
    return this.shown;
  }

  show(tiles: readonly WantedTile[]): void {
    if (this.closed) return; // The page is still there when the call is over.
    const before = this.slots;
    this.wanted = tiles;
    // Only where the slots do not suffice does it matter who has a picture.
    const on = tiles.filter((tile) => this.isOn(tile));
    const off = tiles.filter((tile) => !this.isOn(tile));
    this.slots = assign(before, [...on, ...off]);
    this.slots.forEach((tile, slot) => {
      const was = before[slot] ?? null;
      if (tile !== null && was !== null && tileKey(tile) === tileKey(was)) return;
      const source = tile === null ? null : sourceOf(tile.participant, tile.kind);
      this.covers[slot]?.expect(source, performance.now());
    });
    this.publish();
    this.coming ??= setTimeout(() => this.flush(), Math.max(SOON, this.pause()));
    this.look();
  }

  /** The view as it is now: again after every welcome. */
  resend(): void {
    this.sent = "";
    this.flush();
  }

  attach(peer: Peer): void {
    this.receivers = peer.video;
    peer.video.forEach((receiver, slot) => {
      const stream = this.streams[slot];
      for (const track of stream?.getTracks() ?? []) stream?.removeTrack(track);
      stream?.addTrack(receiver.track);
      this.covers[slot]?.reset();
    });
    this.publish();
    this.look();
  }

  /** Somebody's camera or screen went on or off. */
  rosterChanged(): void {
    this.slots.forEach((tile, slot) => {
      if (tile !== null && !this.isOn(tile)) this.covers[slot]?.close();
    });
    if (this.wanted.length > VIDEO_SLOTS) this.show(this.wanted);
    this.publish();
  }

  /** What is asked for, by slot; nothing while nobody looks. */
  get asked(): Slots {
    return this.asking ? this.slots : noTiles;
  }

  /** For each slot what certainly is in it, as packets name it. */
  get sources(): readonly (number | null)[] {
    return this.slots.map((tile, slot) => {
      const certain = tile !== null && this.covers[slot]?.open === true;
      return certain ? sourceOf(tile.participant, tile.kind) : null;
    });
  }

  /** Somebody's camera is to be seen, the server gives it, and nothing is known to be wrong with their connection. */
  get expecting(): boolean {
    if (!this.asking) return false;
    return this.slots.some((tile, slot) => {
      if (this.source.withheld(slot)) return false;
      const person = tile?.kind === "camera" ? this.source.person(tile.participant) : undefined;
      return person?.camera === true && person.present && person.quality !== "lost";
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.coming);
    clearTimeout(this.timer);
    this.shown.value = new Map();
  }

  private flush(): void {
    clearTimeout(this.coming);
    this.coming = undefined;
    const view = this.asking ? toView(this.slots) : [];
    const text = JSON.stringify(view);
    if (text === this.sent) return;
    this.sent = text;
    this.sentAt = [...this.sentAt, performance.now()].slice(-MOST_VIEWS);
    this.source.send(view);
  }

  /** Until the next view may be sent, ms. */
  private pause(): number {
    const [first = 0] = this.sentAt;
    return this.sentAt.length < MOST_VIEWS ? 0 : first + WITHIN - performance.now();
  }

  /** Somebody may have looked away, or back. */
  lookedAt(): void {
    const now = performance.now();
    if (!this.source.hidden()) this.hiddenSince = null;
    else this.hiddenSince ??= now;
    const asking = this.hiddenSince === null || now - this.hiddenSince < OUT_OF_SIGHT;
    if (asking === this.asking) return;
    this.asking = asking;
    this.flush();
  }

  private look(): void {
    clearTimeout(this.timer);
    this.lookedAt();
    let changed = false;
    let covered = false;
    this.receivers.forEach((receiver, slot) => {
      const tile = this.slots[slot];
      const cover = this.covers[slot];
      if (tile === null || tile === undefined || cover === undefined || !this.isOn(tile)) return;
      const now = performance.now();
      const before = this.shown.peek().get(tileKey(tile))?.frozen === true;
      // It would look like one that stands still, and another may be long to come.
      if (this.source.withheld(slot) && cover.open && cover.still(now)) {
        cover.close();
        changed = true;
      }
      if (cover.see(receiver.getContributingSources(), now)) changed = true;
      if (this.frozen(tile, cover) !== before) changed = true;
      if (!cover.open) covered = true;
    });
    if (changed) this.publish();
    this.timer = setTimeout(() => this.look(), covered ? LOOK_WHILE_COVERED : LOOK_AT_REST);
  }

  private publish(): void {
    const pictures = new Map<string, Picture>();
    this.slots.forEach((tile, slot) => {
      if (tile === null) return;
      const cover = this.covers[slot];
      const stream = cover?.open === true ? (this.streams[slot] ?? null) : null;
      const frozen = cover !== undefined && this.frozen(tile, cover);
      const { participant, kind } = tile;
      pictures.set(tileKey(tile), { participant, kind, stream, frozen });
    });
    if (!same(pictures, this.shown.peek())) this.shown.value = pictures;
  }

  /** What is shown is the last of it. That a shared page stands still alone does not say so. */
  private frozen(tile: WantedTile, cover: Cover): boolean {
    if (!cover.open) return false;
    if (tile.kind === "camera" && cover.still(performance.now())) return true;
    const person = this.source.person(tile.participant);
    return this.source.cut() || person?.present === false || person?.quality === "lost";
  }

  private isOn(tile: WantedTile): boolean {
    const person = this.source.person(tile.participant);
    // In a large call somebody may be shown before the roster names them.
    return person === undefined || (tile.kind === "camera" ? person.camera : person.screen);
  }
}

function same(one: ReadonlyMap<string, Picture>, other: ReadonlyMap<string, Picture>): boolean {
  return (
    one.size === other.size &&
    [...one].every(([key, { stream, frozen }]) => {
      const before = other.get(key);
      return before?.stream === stream && before.frozen === frozen;
    })
  );
}
