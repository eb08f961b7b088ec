import { useLayoutEffect, useRef } from "preact/hooks";
import { whenPainted } from "./first-frame";
import { keepPlaying } from "./keep-playing";

interface Props {
  readonly stream: MediaStream;
  readonly mirrored?: boolean;
  /** Show all of it rather than fill the box. */
  readonly whole?: boolean;
  /** Told true with the first frame, and false when the picture goes. */
  readonly onPainted?: (painted: boolean) => void;
}

/** A silent picture; sound is played elsewhere. */
export function Video({ stream, mirrored = false, whole = false, onPainted }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  useLayoutEffect(() => {
    const video = element.current;
    if (!video) {
      return;
    }
    const play = () => {
      video.play().catch(() => {
        // A page in the background may refuse; autoplay goes on when it is shown.
      });
    };
    if (video.srcObject !== stream) {
      video.srcObject = stream;
      play();
    }
    return keepPlaying(video, play);
  }, [stream]);
  useLayoutEffect(() => {
    const video = element.current;
    if (!video || !onPainted) {
      return;
    }
    const stop = whenPainted(video, () => onPainted(true));
    return () => {
      stop();
      onPainted(false);
    };
    // Another stream, another first frame.
  }, [stream, onPainted]);
  useLayoutEffect(
    () => () => {
      if (element.current) {
        element.current.srcObject = null;
      }
    },
    [],
  );
  const look = `video${mirrored ? " mirrored" : ""}${whole ? " whole" : ""}`;
  return <video ref={element} class={look} muted autoPlay playsInline disablePictureInPicture />;
}
