// What the interface shows is asked for, but for what weak-internet mode spares.
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { GivingWay } from "./giving-way";
import { spare } from "./sparing";
import type { Person, WantedTile } from "./state";

const NOTHING: ReadonlySet<string> = new Set();

export class Asking {
  /** What would be shown but for that mode, by `${participant}:${kind}`. */
  readonly spared = signal(NOTHING);
  private readonly shown = signal<readonly WantedTile[]>([]);
  private readonly talk = signal(false);
  private readonly giving = new GivingWay();
  private readonly stop: () => void;

  constructor(
    private readonly sparing: ReadonlySignal<boolean>,
    private readonly people: ReadonlySignal<readonly Person[]>,
    private readonly ask: (tiles: readonly WantedTile[]) => void,
  ) {
    this.stop = effect(() => this.look());
  }

  show(tiles: readonly WantedTile[]): void {
    this.shown.value = tiles;
  }

  /** To be told again and again how many are heard, oneself included. */
  hear(talkers: number, now: number): void {
    this.talk.value = this.giving.hear(talkers, now);
  }

  close(): void {
    this.stop();
  }

  private look(): void {
    const tiles = this.shown.value;
    const sparing = this.sparing.value;
    const people = new Map(sparing ? this.people.value.map((one) => [one.number, one]) : []);
    const { asked, spared } = sparing
      ? spare(tiles, (number) => people.get(number), this.talk.value)
      : { asked: tiles, spared: NOTHING };
    this.ask(asked);
    if ([...spared].join() !== [...this.spared.peek()].join()) this.spared.value = spared;
  }
}
