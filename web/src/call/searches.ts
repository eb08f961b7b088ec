// Questions to the server that wait for their `found`.
import type { ClientMessage, Found } from "../wire/messages";
import type { Failure } from "./state";

const PATIENCE = 10_000;
/** Offers are numbered from 0: an error that names an id must say which of the two it means. */
const FIRST_ID = 1 << 30;

interface Waiting {
  readonly resolve: (found: Found) => void;
  readonly reject: (reason: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Searches {
  private readonly waiting = new Map<number, Waiting>();
  private last = FIRST_ID;

  constructor(private readonly send: (message: ClientMessage) => void) {}

  /** Rejects when the server refuses or is silent for 10 s. */
  ask(question: { query?: string; numbers?: number[]; offset?: number }): Promise<Found> {
    this.last += 1;
    const id = this.last;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.refused(id, silence), PATIENCE);
      this.waiting.set(id, { resolve, reject, timer });
      this.send({ type: "search", id, ...question });
    });
  }

  found(found: Found): void {
    this.take(found.id)?.resolve(found);
  }

  /** False when no search has this id. */
  refused(id: number, failure: Failure): boolean {
    const waiting = this.take(id);
    waiting?.reject(new Error(`${failure.code}: ${failure.message}`));
    return waiting !== undefined;
  }

  close(): void {
    for (const id of [...this.waiting.keys()]) this.refused(id, silence);
  }

  private take(id: number): Waiting | undefined {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    clearTimeout(waiting?.timer);
    return waiting;
  }
}

const silence: Failure = { code: "unreachable", message: "No answer came.", details: {} };
