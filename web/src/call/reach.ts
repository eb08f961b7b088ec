// Whether UDP gets to the media servers, judged by what gathering candidates brought. Pure.
//
// A server-reflexive candidate proves an answer. Without one it depends: Chromium drops a reflexive
// address that equals a host candidate it may show (once a camera is allowed), Firefox refuses to
// ask loopback and says so at once, and an unanswered request is given up only after 11 s (Firefox)
// or much later (Chromium).

export type Reach = "checking" | "reachable" | "blocked" | "unknown";

/** By then a browser has asked five times; the whole check is to take less than ten seconds. */
export const ENOUGH = 6_000;

/** What asking one server has brought. */
export interface Gathering {
  /** ms since it began */
  readonly age: number;
  readonly hosts: number;
  /** The answer has brought a candidate. */
  readonly answered: boolean;
  /** The browser reports a failure. */
  readonly failed: boolean;
  readonly complete: boolean;
}

export function judge({ age, hosts, answered, failed, complete }: Gathering): Reach {
  if (answered) return "reachable";
  if (age >= ENOUGH) return "blocked";
  if (!complete) return "checking";
  // Over early: it could not be asked, or it has answered; or this browser may not use UDP at all.
  if (failed) return "unknown";
  return hosts > 0 ? "reachable" : "blocked";
}

/** One way is enough: a server tells all its addresses, and from here some may lead nowhere. */
export function overall(servers: readonly Reach[]): Reach {
  const order: readonly Reach[] = ["reachable", "checking", "blocked"];
  return order.find((reach) => servers.includes(reach)) ?? "unknown";
}
