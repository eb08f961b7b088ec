// Who is in the call: the snapshot of a welcome, then changes. Pure.
import type { Change, Participant, Roster as Snapshot } from "../wire/messages";
import type { Person } from "./state";

export class Roster {
  private readonly known = new Map<number, Person>();
  total = 0;

  constructor(
    readonly you: number,
    snapshot: Snapshot,
  ) {
    this.total = snapshot.total;
    this.add(snapshot.participants);
  }

  apply(change: Change): void {
    this.total = change.total;
    this.add(change.joined ?? []);
    this.add(change.changed ?? []);
    for (const number of change.left ?? []) this.known.delete(number);
  }

  /** People fetched by `search`, who may be outside the snapshot of a large call. */
  add(participants: readonly Participant[]): void {
    for (const participant of participants) {
      this.known.set(participant.number, toPerson(participant, this.you));
    }
  }

  get(number: number): Person | undefined {
    return this.known.get(number);
  }

  people(): Person[] {
    return [...this.known.values()];
  }
}

export function toPerson(participant: Participant, you: number): Person {
  return {
    number: participant.number,
    name: participant.name,
    role: participant.role,
    microphone: participant.media.microphone ?? false,
    camera: participant.media.camera ?? false,
    screen: participant.media.screen ?? false,
    quality: participant.quality ?? "good",
    present: participant.present ?? true,
    self: participant.number === you,
    guestMark: participant.guest_mark ?? false,
  };
}
