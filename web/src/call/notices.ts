// What the person should know now: one notice of a sort at a time.
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Notice } from "./state";

export class Notices {
  /** Kinds that hold now, shown or dismissed. */
  private readonly held = new Set<Notice["kind"]>();
  private readonly list = signal<readonly Notice[]>([]);

  get all(): ReadonlySignal<readonly Notice[]> {
    return this.list;
  }

  add(notice: Notice): void {
    this.list.value = [...this.list.peek().filter((other) => !sameSort(other, notice)), notice];
  }

  /** Adds a notice once when `holds` becomes true, and takes it away when it no longer does. */
  keep(kind: Notice["kind"], holds: boolean, make: () => Notice): void {
    if (holds === this.held.has(kind)) return;
    if (holds) {
      this.held.add(kind);
      this.add(make());
    } else {
      this.held.delete(kind);
      this.drop((notice) => notice.kind === kind);
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
