// Which page explains a refusal. The server's codes are stable; an unknown one gets the general page.
import type { Failure } from "../call";

export type FailurePage =
  | "link_unknown"
  | "link_expired"
  | "link_revoked"
  | "ended"
  | "full"
  | "rate"
  | "replaced"
  | "unreachable"
  | "unsupported"
  | "other";

const pages: Readonly<Record<string, FailurePage>> = {
  link_unknown: "link_unknown",
  link_not_found: "link_unknown",
  not_found: "link_unknown",
  link_expired: "link_expired",
  link_revoked: "link_revoked",
  call_ended: "ended",
  ended: "ended",
  empty: "ended",
  call_full: "full",
  rate_limited: "rate",
  too_many_requests: "rate",
  replaced: "replaced",
  unreachable: "unreachable",
  unsupported: "unsupported",
};

export function failurePage(failure: Failure): FailurePage {
  return pages[failure.code] ?? "other";
}

/** Whether trying again can help without a new link. */
export function worthRetrying(page: FailurePage): boolean {
  return ["full", "rate", "replaced", "unreachable", "other"].includes(page);
}

/** The refusal inside whatever a request threw. */
export function asFailure(problem: unknown): Failure {
  if (problem instanceof Error && "failure" in problem) {
    return problem.failure as Failure;
  }
  return { code: "unexpected", message: String(problem), details: {} };
}
