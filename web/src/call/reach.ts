// Whether UDP gets to the media servers, judged by what gathering candidates brought. Pure.
//
// A server-reflexive candidate proves an answer. Without one it depends: Chromium drops a reflexive
// address that equals a host candidate it may show (once a camera is allowed), Firefox refuses to
// ask loopback and says so at once, and an unanswered request is given up only after 11 s (Firefox)
// or much later (Chromium).

export type Reach = "checking" | "reachable" | "blocked" | "unknown";

/** By then a browser has asked five times; the whole check is to take less than ten seconds. */
export const ENOUGH = 6_000;

export interface Gathering {
  /** ms since it began */
  readonly age: number;
  /** How many servers were to be asked. */
  readonly asked: number;
  /** Those of them that the browser has reported as failed. */
  readonly failed: number;
  readonly hosts: number;
  /** A server's answer has brought a candidate. */
  readonly answered: boolean;
  readonly complete: boolean;
}

export function judge(gathering: Gathering): Reach {
  const { age, asked, failed, hosts, answered, complete } = gathering;
  if (asked === 0) return "unknown";
  if (answered) return "reachable";
  if (age >= ENOUGH) return "blocked";
  if (!complete) return "checking";
  // Over early: each server has answered or could not even be asked.
  return hosts > 0 && failed < asked ? "reachable" : "unknown";
}
