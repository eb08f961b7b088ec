// Which page explains a refusal. The server's codes are stable; an unknown one gets the general page.
import type { Failure } from "../call";
import { t } from "../i18n/language";

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
  | "expired_entry"
  | "not_allowed"
  | "screen"
  | "stale_page"
  | "broken"
  | "media"
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
  grant_expired: "expired_entry",
  token_expired: "expired_entry",
  forbidden: "not_allowed",
  bad_key: "not_allowed",
  screen_taken: "screen",
  screen_unsupported: "screen",
  session_lost: "media",
  media_lost: "media",
  stale_offer: "media",
  sdp_changed: "media",
  worker_full: "busy",
  internal: "broken",
  // Worded where links are made.
  too_many_links: "other",
  // What this page and this server would never say to each other if they were of one version.
  already_joined: "stale_page",
  bad_json: "stale_page",
  bad_name: "stale_page",
  bad_offer: "stale_page",
  bad_request: "stale_page",
  invalid_body: "stale_page",
  invalid_message: "stale_page",
  join_expected: "stale_page",
  no_token: "stale_page",
  not_acceptable: "stale_page",
  sdp_invalid: "stale_page",
  sdp_too_large: "stale_page",
  sdp_unusable: "stale_page",
  session_replaced: "stale_page",
  too_large: "stale_page",
  wrong_type: "stale_page",
};

/** Codes that have a page: a test holds them to all that the server says. */
export const knownCodes: ReadonlySet<string> = new Set(Object.keys(pages));

export function failurePage(failure: Failure): FailurePage {
  return Object.hasOwn(pages, failure.code) ? (pages[failure.code] ?? "other") : "other";
}

/** What happened and what to do, where there is no room for a page. */
export function failureText(failure: Failure): string {
  const page = failurePage(failure);
  return [t(`failure.${page}.title`), t(`failure.${page}.what`)].join(". ");
}

/** Whether trying again can help without a new link. */
export function worthRetrying(page: FailurePage): boolean {
  return ![
    "link_unknown",
    "link_expired",
    "link_revoked",
    "link_used_up",
    "ended",
    "unsupported",
  ].includes(page);
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
