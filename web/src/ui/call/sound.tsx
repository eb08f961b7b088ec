import { useEffect, useRef } from "preact/hooks";
import { useCall } from "./view";

function Slot({ stream, speaker }: { stream: MediaStream; speaker: string }) {
  const element = useRef<HTMLAudioElement>(null);
  useEffect(() => {
    const audio = element.current;
    if (audio && audio.srcObject !== stream) {
      audio.srcObject = stream;
      audio.play().catch(() => {
        // Plays by itself as soon as the browser allows it.
      });
    }
  }, [stream]);
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
  const speaker = call.local.chosen.value.speaker;
  return (
    <div class="unseen" aria-hidden="true">
      {call.state.sound.value.map((stream) => (
        <Slot key={stream.id} stream={stream} speaker={speaker} />
      ))}
    </div>
  );
}
