import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { useCall } from "./view";

interface SlotProps {
  readonly stream: MediaStream;
  readonly speaker: string;
  readonly onRefused: () => void;
}

/** Whether the browser wants a click first; other failures mend themselves with the next packet. */
function wantsClick(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === "NotAllowedError";
}

function Slot({ stream, speaker, onRefused }: SlotProps) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (audio && audio.srcObject !== stream) {
      audio.srcObject = stream;
      audio.play().catch((reason) => {
        if (wantsClick(reason)) {
          onRefused();
        }
      });
    }
  }, [stream, onRefused]);
  useEffect(() => {
    const audio = element.current;
    if (audio && "setSinkId" in audio) {
      audio.setSinkId(speaker).catch(() => {
        // The speaker is gone; the system's default goes on playing.
      });
    }
  }, [speaker]);
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
          <Slot key={stream.id} stream={stream} speaker={speaker} onRefused={refuse} />
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
