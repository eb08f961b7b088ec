// Who is in the call and who of them is heard, as the interface reads it.
import { signal } from "@preact/signals";
import type { Change, Participant, Welcome } from "../wire/messages";
import { Roster } from "./roster";
import type { Person } from "./state";

export interface PeopleSource {
  /** People whom the roster of a large call does not name. */
  find(numbers: number[]): Promise<readonly Participant[]>;
  changed(): void;
}

export class People {
  readonly total = signal(0);
  readonly all = signal<readonly Person[]>([]);
  /** The loudest first. */
  readonly speakers = signal<readonly number[]>([]);
  private roster: Roster | null = null;

  constructor(private readonly source: PeopleSource) {}

  get(number: number): Person | undefined {
    return this.roster?.get(number);
  }

  welcomed(welcome: Welcome): void {
    this.roster = new Roster(welcome.you, welcome.roster);
    // Who is heard follows the welcome, and nothing does when it is quiet.
    this.speakers.value = [];
    this.tell();
  }

  apply(change: Change): void {
    this.roster?.apply(change);
    this.tell();
  }

  heard(participants: readonly number[]): void {
    this.speakers.value = participants;
    const unknown = participants.filter((number) => this.get(number) === undefined);
    // Without an answer they stay unnamed; the next change of speakers asks again.
    if (unknown.length > 0) this.meet(unknown).catch(() => undefined);
  }

  private async meet(numbers: number[]): Promise<void> {
    this.roster?.add(await this.source.find(numbers));
    this.tell();
  }

  private tell(): void {
    this.total.value = this.roster?.total ?? 0;
    this.all.value = this.roster?.people() ?? [];
    this.source.changed();
  }
}
