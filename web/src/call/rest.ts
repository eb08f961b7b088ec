// The HTTP side of signaling: lessons, links and entering. Every refusal is one RequestFailed.
import type { Failure } from "./state";

export interface LinkInfo {
  readonly title: string;
  readonly role: "host" | "participant";
  /** People in the call now. */
  readonly participants: number;
}

export interface Lesson {
  readonly id: string;
  readonly title: string;
  /** Tokens of the two invitation links that a new lesson has. */
  readonly hostLink: string;
  readonly participantLink: string;
}

/** A reply with status ≥ 400 (`failure` is the server's), or `unreachable` when there was none. */
export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    readonly failure: Failure,
  ) {
    super(`${status} ${failure.code}: ${failure.message}`);
  }
}

export declare function lookUp(link: string): Promise<LinkInfo>;
/** Resolves with the grant for `createCall`. */
export declare function enter(link: string, name: string): Promise<string>;
/** `key` is the school key that `make up` prints. */
export declare function createLesson(key: string, title: string): Promise<Lesson>;
