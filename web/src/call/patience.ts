// Requests that fail only for the moment are made again: a server that starts, a line that is away.
import { RequestFailed } from "./request-failed";

const FIRST = 500;
const LONGEST = 5_000;
/** Then the person may decide. */
const GIVE_UP = 90_000;
const FOR_THE_MOMENT: readonly number[] = [0, 502, 503, 504];

export interface Patience {
  /** Told true as soon as a first attempt has failed. */
  readonly waiting?: (waits: boolean) => void;
  /** Nobody waits for it any more: there is no further attempt. */
  readonly over?: () => boolean;
  /** Uniform in [0, 1), for jitter. */
  readonly random?: () => number;
}

/** What `attempt` gives, however often it takes; what will not change is thrown at once. */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { waiting = () => undefined, over = () => false, random = Math.random }: Patience = {},
): Promise<T> {
  const giveUp = performance.now() + GIVE_UP;
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (problem) {
      const pause = pauseAfter(problem, failures, random);
      if (pause === null || performance.now() + pause > giveUp) throw problem;
      waiting(true);
      await new Promise((done) => setTimeout(done, pause));
      if (over()) throw problem;
    }
  }
}

/** In ms; null: another attempt would fail as well. At least what the server asks for. */
function pauseAfter(problem: unknown, failures: number, random: () => number): number | null {
  if (!(problem instanceof RequestFailed)) return null;
  const asked = problem.failure.details.retry_after;
  const hopeful = FOR_THE_MOMENT.includes(problem.status) && problem.failure.code !== "call_full";
  if (typeof asked !== "number" && !hopeful) return null;
  const own = Math.min(LONGEST, FIRST * 2 ** failures) * (0.5 + random() / 2);
  // Those who were told the same time do not come back at the same moment.
  return typeof asked === "number" ? asked * 1000 + own : own;
}
