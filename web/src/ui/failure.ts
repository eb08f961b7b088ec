// Which page explains a refusal. The server's codes are stable; an unknown one gets the general page.
import type { Failure } from "../call";

export type FailurePage =
  | "link_unknown"
  | "link_expired"
  | "link_revoked"
  | "link_used_up"
  | "ended"
  | "full"
  | "rate"
  | "replaced"
  | "unreachable"
  | "busy"
  | "unsupported"
  | "other";

const pages: Readonly<Record<string, FailurePage>> = {
  not_found: "link_unknown",
  link_expired: "link_expired",
  link_revoked: "link_revoked",
  link_used_up: "link_used_up",
  call_ended: "ended",
  call_full: "full",
  rate_limited: "rate",
  replaced: "replaced",
  unreachable: "unreachable",
  unavailable: "busy",
  call_elsewhere: "busy",
  no_media_server: "busy",
  unsupported: "unsupported",
};

export function failurePage(failure: Failure): FailurePage {
  return Object.hasOwn(pages, failure.code) ? (pages[failure.code] ?? "other") : "other";
}

/** Whether trying again can help without a new link. */
export function worthRetrying(page: FailurePage): boolean {
  return ["full", "rate", "replaced", "unreachable", "busy", "other"].includes(page);
}

/** The link lets nobody in any more; those inside are not concerned. */
export function spentLink({ code }: Failure): boolean {
  return ["link_expired", "link_revoked", "link_used_up"].includes(code);
}

/** The refusal inside whatever a request threw. */
export function asFailure(problem: unknown): Failure {
  if (problem instanceof Error && "failure" in problem) {
    return problem.failure as Failure;
  }
  return { code: "unexpected", message: String(problem), details: {} };
}
