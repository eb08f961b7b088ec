import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Call, Failure, LinkInfo } from "../call";
import { t } from "../i18n/language";
import { CallPage } from "./call/call-page";
import { EndView } from "./end-view";
import { useEngine } from "./engine";
import { asFailure, spentLink } from "./failure";
import { FailureView } from "./failure-view";
import {
  type KeptSeat,
  keptSeat,
  passSeatOn,
  reloadedPath,
  sharedSeat,
  stayOutside,
} from "./kept-seat";
import { OuterPage } from "./kit/outer-page";
import { PrejoinPage } from "./prejoin/prejoin-page";
import { readPath } from "./route";
import { returnToSeat } from "./take-seat";

type Step =
  | { readonly at: "loading"; readonly busy: boolean }
  | {
      readonly at: "prejoin";
      readonly info: LinkInfo;
      readonly kept: KeptSeat | null;
      /** Another tab sits on the kept seat. */
      readonly taken: boolean;
    }
  | { readonly at: "call"; readonly call: Call }
  | { readonly at: "over"; readonly how: "left" | "ended"; readonly title: string }
  | { readonly at: "failed"; readonly failure: Failure };

const unsupported: Failure = { code: "unsupported", message: "", details: {} };

/** Whether what was loaded again is the page of this link: another of ours says nothing of it. */
function wasReloaded(link: string): boolean {
  const path = reloadedPath();
  const here = path === null ? null : readPath(path);
  return here?.page === "lesson" && here.link === link;
}

/** From the link to the end of the call. */
export function LessonPage({ link }: { link: string }) {
  const engine = useEngine();
  const [step, setStep] = useState<Step>({ at: "loading", busy: false });
  const returned = useRef(false);
  const gone = useRef(false);
  useEffect(
    () => () => {
      gone.current = true;
    },
    [],
  );
  const fail = useCallback((failure: Failure) => setStep({ at: "failed", failure }), []);
  const begin = useCallback(() => {
    setStep({ at: "loading", busy: false });
    if (typeof RTCPeerConnection === "undefined") {
      fail(unsupported);
      return;
    }
    const own = keptSeat(link, Date.now());
    // Whoever was not in the call is not to be in it, seen and heard, by a press of F5.
    if (own?.devices && wasReloaded(link) && !returned.current) {
      returned.current = true;
      setStep({ at: "call", call: returnToSeat(engine, link, own) });
      return;
    }
    if (own !== null) {
      stayOutside(link, own);
    }
    const ask = async () => {
      const found = own ?? sharedSeat(link, Date.now());
      const held = found && (await engine.lookAtSeat(found.entered));
      if (gone.current) {
        return;
      }
      // Nobody can tell of a seat that is given up; the tab's own is tried all the same.
      const kept = held?.held === true ? found : own;
      const taken = held?.taken === true;
      // A tab that was duplicated has a copy of what the first one keeps: loaded again it asks, too.
      if (taken) {
        passSeatOn(link);
      }
      try {
        const waiting = (busy: boolean) => setStep({ at: "loading", busy });
        const info = await engine.lookUp(link, { waiting, over: () => gone.current });
        setStep({ at: "prejoin", info, kept, taken });
      } catch (problem) {
        const failure = asFailure(problem);
        if (kept !== null && spentLink(failure)) {
          setStep({ at: "prejoin", info: kept.info, kept, taken });
        } else {
          fail(failure);
        }
      }
    };
    void ask();
  }, [link, engine, fail]);
  useEffect(begin, [begin]);
  const end = useCallback(
    (call: Call) => {
      const { phase, failure, title } = call.state;
      const how = phase.peek();
      const reason = failure.peek();
      call.close();
      if (how !== "left" && reason) {
        fail(reason);
      } else {
        setStep({ at: "over", how: how === "ended" ? "ended" : "left", title: title.peek() });
      }
    },
    [fail],
  );
  switch (step.at) {
    case "loading":
      return (
        <OuterPage title={t("brand.name")}>
          <p class="loading" role="status">
            {t(step.busy ? "common.busy" : "common.loading")}
          </p>
        </OuterPage>
      );
    case "prejoin":
      return (
        <PrejoinPage
          link={link}
          info={step.info}
          kept={step.kept}
          taken={step.taken}
          onJoined={(call) => setStep({ at: "call", call })}
          onFailed={fail}
        />
      );
    case "call":
      return <CallPage call={step.call} onOver={end} />;
    case "over":
      return <EndView how={step.how} title={step.title} onRejoin={begin} />;
    case "failed":
      return <FailureView failure={step.failure} onRetry={begin} />;
  }
}
