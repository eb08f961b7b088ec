import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { keepPlaying } from "../kit/keep-playing";
import { toast } from "../kit/toasts";
import { useCall } from "./view";

/** After so many ms each a speaker is tried again: wireless ones are listed before they can play. */
const AGAIN_AFTER = [1_000, 2_000];

interface SlotProps {
  readonly stream: MediaStream;
  readonly speaker: string;
  /** The browser lists it; before access is allowed to anything it lists none. */
  readonly listed: boolean;
  readonly onRefused: () => void;
  readonly onSpeakerAway: () => void;
}

/** Whether the browser wants a click first; other failures mend themselves with the next packet. */
function wantsClick(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "NotAllowedError";
}

/** Plays on `speaker`, or meanwhile where it has played; returns what ends the trying. */
function playOn(audio: HTMLAudioElement, speaker: string, waits: number[], away: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;
  const choose = ([wait, ...further]: number[]) => {
    audio.setSinkId(speaker).catch(() => {
      if (over) {
        return;
      }
      if (wait === undefined) {
        away();
      } else {
        timer = setTimeout(() => choose(further), wait);
      }
    });
  };
  choose(waits);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}

function Slot({ stream, speaker, listed, onRefused, onSpeakerAway }: SlotProps) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (!audio) {
      return;
    }
    const play = () => {
      audio.play().catch((reason) => {
        if (wantsClick(reason)) {
          onRefused();
        }
      });
    };
    if (audio.srcObject !== stream) {
      audio.srcObject = stream;
      play();
    }
    return keepPlaying(audio, play);
  }, [stream, onRefused]);
  useEffect(() => {
    const audio = element.current;
    if (!audio || !("setSinkId" in audio)) {
      return;
    }
    return listed
      ? playOn(audio, speaker, AGAIN_AFTER, onSpeakerAway)
      : playOn(audio, speaker, [], () => undefined);
  }, [speaker, listed, onSpeakerAway]);
  // biome-ignore lint/a11y/useMediaCaption: live speech, for which there are no captions yet
  return <audio ref={element} autoPlay />;
}

/** Everything that is heard. Not to be taken off the page while the call lasts. */
export function Sound() {
  const { call } = useCall();
  const slots = useRef<HTMLDivElement>(null);
  const [refused, setRefused] = useState(false);
  const refuse = useCallback(() => setRefused(true), []);
  const speaker = call.local.chosen.value.speaker;
  const listed = call.local.devices.value.speakers.some(({ id }) => id === speaker);
  // All slots find it away; it is said once.
  const told = useRef(false);
  useEffect(
    () => () => {
      told.current = false;
    },
    [speaker],
  );
  const speakerAway = useCallback(() => {
    if (!told.current) {
      toast(t("call.speaker_away"));
    }
    told.current = true;
  }, []);
  // Right in the click: later the browser would no longer take it for the person's wish.
  const hear = () => {
    setRefused(false);
    for (const audio of slots.current?.querySelectorAll("audio") ?? []) {
      audio.play().catch((reason) => {
        if (wantsClick(reason)) {
          refuse();
        }
      });
    }
  };
  return (
    <>
      <div ref={slots} class="unseen" aria-hidden="true">
        {call.state.sound.value.map((stream) => (
          <Slot
            key={stream.id}
            stream={stream}
            speaker={speaker}
            listed={listed}
            onRefused={refuse}
            onSpeakerAway={speakerAway}
          />
        ))}
      </div>
      {refused && (
        <button type="button" class="button primary large hear" data-testid="hear" onClick={hear}>
          <Icon name="speaker" />
          {t("call.hear")}
        </button>
      )}
    </>
  );
}
