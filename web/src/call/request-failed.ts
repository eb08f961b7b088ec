import type { Failure } from "./state";

/** A reply with status ≥ 400 (`failure` is the server's), or `unreachable` when there was none. */
export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    readonly failure: Failure,
  ) {
    super(`${status} ${failure.code}: ${failure.message}`);
  }
}
