// What the person should know now: one notice of a sort at a time.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Notice } from "./state";

export class Notices {
  private readonly list = signal<readonly Notice[]>([]);

  get all(): ReadonlySignal<readonly Notice[]> {
    return this.list;
  }

  add(notice: Notice): void {
    this.list.value = [...this.list.peek().filter((other) => !sameSort(other, notice)), notice];
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

function sameSort(one: Notice, other: Notice): boolean {
  const deviceOf = (notice: Notice) => ("device" in notice ? notice.device : null);
  return one.kind === other.kind && deviceOf(one) === deviceOf(other);
}
