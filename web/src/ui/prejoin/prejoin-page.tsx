import { useEffect, useRef, useState } from "preact/hooks";
import type { Call, Failure, LinkInfo, Preview } from "../../call";
import { plural, t } from "../../i18n/language";
import { useEngine } from "../engine";
import { asFailure } from "../failure";
import type { KeptSeat } from "../kept-seat";
import { OuterPage } from "../kit/outer-page";
import { recall, remember } from "../kit/remembered";
import { takeSeat } from "../take-seat";
import { DevicePickers } from "./device-pickers";
import { NameForm } from "./name-form";
import { NetworkState } from "./network-state";
import { PreviewBox } from "./preview-box";
import { Troubles } from "./troubles";
import { WeakInternet } from "./weak-internet";

interface Props {
  readonly link: string;
  readonly info: LinkInfo;
  /** The seat this browser has, or had a moment ago. */
  readonly kept: KeptSeat | null;
  /** Another tab sits on it. */
  readonly taken: boolean;
  readonly onJoined: (call: Call) => void;
  readonly onFailed: (failure: Failure) => void;
}

interface BeforeCall {
  readonly preview: Preview;
  readonly handOver: () => void;
  /** The person went to another page meanwhile. */
  readonly isGone: () => boolean;
}

/** A host is seen and heard at once; but his microphone is his own as soon as he has touched it. */
async function openBoth(preview: Preview): Promise<void> {
  const { setCamera, setMicrophone, wanted, weakInternet } = preview;
  let touched = false;
  const stop = wanted.microphone.subscribe((on) => {
    touched ||= on;
  });
  // One after the other, as the browser asks. It may take as long as its question stands.
  if (!weakInternet.peek()) {
    await setCamera(true);
  }
  stop();
  if (!touched) {
    await setMicrophone(true);
  }
}

/** Devices until the person joins; then the call takes them over. */
function usePreview(hosting: boolean): BeforeCall {
  const { createPreview } = useEngine();
  const [preview] = useState(createPreview);
  const handedOver = useRef(false);
  const gone = useRef(false);
  useEffect(() => {
    if (hosting) {
      void openBoth(preview);
    }
    return () => {
      gone.current = true;
      if (!handedOver.current) {
        preview.close();
      }
    };
  }, [preview, hosting]);
  return {
    preview,
    handOver: () => {
      handedOver.current = true;
    },
    isGone: () => gone.current,
  };
}

export function PrejoinPage({ link, info, kept, taken, onJoined, onFailed }: Props) {
  const engine = useEngine();
  const hosting = info.role === "host";
  const { preview, handOver, isGone } = usePreview(hosting);
  const [name, setName] = useState(kept?.entered.name ?? recall("name") ?? "");
  const [busy, setBusy] = useState(false);
  const [waiting, setWaiting] = useState(false);
  const [refused, setRefused] = useState<Failure | null>(null);
  const join = async (chosen: string) => {
    setBusy(true);
    remember("name", chosen);
    try {
      // Under another name one is another person.
      const entered =
        chosen === kept?.entered.name
          ? kept.entered
          : await engine.enter(link, chosen, { waiting: setWaiting, over: isGone });
      // A grant alone is no seat: nobody is there for the others without a page.
      if (isGone()) {
        return;
      }
      handOver();
      onJoined(takeSeat(engine, link, info, entered, preview));
    } catch (problem) {
      const failure = asFailure(problem);
      if (failure.code === "bad_name") {
        setBusy(false);
        setWaiting(false);
        setRefused(failure);
      } else {
        onFailed(failure);
      }
    }
  };
  const changeName = (changed: string) => {
    setName(changed);
    setRefused(null);
  };
  const present = info.participants;
  return (
    <OuterPage title={t("prejoin.page_title", { title: info.title })}>
      <div class="prejoin">
        <div class="prejoin-look">
          <PreviewBox preview={preview} name={name} />
          <p class="prejoin-privacy">{t("prejoin.privacy")}</p>
          <WeakInternet preview={preview} />
        </div>
        <div class="prejoin-words">
          <p class="eyebrow">{hosting ? t("prejoin.as_host") : t("prejoin.heading")}</p>
          <h1 data-testid="lesson-title">{info.title}</h1>
          <p class="prejoin-present">
            {present ? plural("count.waiting_inside", present) : t("prejoin.nobody")}
          </p>
          <NameForm
            name={name}
            busy={busy}
            waiting={waiting}
            elsewhere={taken && name.trim() === kept?.entered.name}
            refused={refused}
            onName={changeName}
            onJoin={join}
          />
          <NetworkState media={info.media} />
          <Troubles local={preview} />
        </div>
        <DevicePickers preview={preview} />
      </div>
    </OuterPage>
  );
}
