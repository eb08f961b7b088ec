import { useCallback, useEffect, useState } from "preact/hooks";
import type { Call, Failure, LinkInfo } from "../call";
import { t } from "../i18n/language";
import { CallPage } from "./call/call-page";
import { EndView } from "./end-view";
import { useEngine } from "./engine";
import { asFailure, spentLink } from "./failure";
import { FailureView } from "./failure-view";
import { type KeptSeat, keptSeat } from "./kept-seat";
import { OuterPage } from "./kit/outer-page";
import { PrejoinPage } from "./prejoin/prejoin-page";

type Step =
  | { readonly at: "loading" }
  | { readonly at: "prejoin"; readonly info: LinkInfo; readonly kept: KeptSeat | null }
  | { readonly at: "call"; readonly call: Call }
  | { readonly at: "over"; readonly how: "left" | "ended"; readonly title: string }
  | { readonly at: "failed"; readonly failure: Failure };

const unsupported: Failure = { code: "unsupported", message: "", details: {} };

/** From the link to the end of the call. */
export function LessonPage({ link }: { link: string }) {
  const { lookUp } = useEngine();
  const [step, setStep] = useState<Step>({ at: "loading" });
  const fail = useCallback((failure: Failure) => setStep({ at: "failed", failure }), []);
  const begin = useCallback(() => {
    setStep({ at: "loading" });
    if (typeof RTCPeerConnection === "undefined") {
      fail(unsupported);
      return;
    }
    const kept = keptSeat(link, Date.now());
    lookUp(link).then(
      (info) => setStep({ at: "prejoin", info, kept }),
      (problem) => {
        const failure = asFailure(problem);
        if (kept !== null && spentLink(failure)) {
          setStep({ at: "prejoin", info: kept.info, kept });
        } else {
          fail(failure);
        }
      },
    );
  }, [link, lookUp, fail]);
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
            {t("common.loading")}
          </p>
        </OuterPage>
      );
    case "prejoin":
      return (
        <PrejoinPage
          link={link}
          info={step.info}
          kept={step.kept}
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
