// What the person should know now: one notice of a sort at a time.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Notice } from "./state";

export class Notices {
  /** What holds now, shown or dismissed: what was told of each kind. */
  private readonly held = new Map<Notice["kind"], string>();
  private readonly list = signal<readonly Notice[]>([]);

  get all(): ReadonlySignal<readonly Notice[]> {
    return this.list;
  }

  add(notice: Notice): void {
    this.list.value = [...this.list.peek().filter((other) => !sameSort(other, notice)), notice];
  }

  /** Adds a notice once when it begins to hold or says something else, and takes it away when it no longer holds. */
  keep(notice: Notice, holds: boolean): void {
    const { kind } = notice;
    const told = holds ? JSON.stringify(notice) : undefined;
    if (told === this.held.get(kind)) return;
    if (told !== undefined) {
      this.held.set(kind, told);
      this.add(notice);
    } else {
      this.held.delete(kind);
      this.drop((other) => other.kind === kind);
    }
  }

  dismiss(notice: Notice): void {
    this.drop((other) => sameSort(other, notice));
  }

  /** Removes what no longer holds; without a change nobody is told. */
  drop(gone: (notice: Notice) => boolean): void {
    const left = this.list.peek().filter((notice) => !gone(notice));
    if (left.length !== this.list.peek().length) this.list.value = left;
  }
}

/** Of one device only the latest is told: that it is gone, busy or forbidden is one trouble. */
function sameSort(one: Notice, other: Notice): boolean {
  if ("device" in one && "device" in other) return one.device === other.device;
  return one.kind === other.kind;
}
