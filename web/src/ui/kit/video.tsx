import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  readonly stream: MediaStream;
  readonly mirrored?: boolean;
  /** Show all of it rather than fill the box. */
  readonly whole?: boolean;
}

/** A silent picture; sound is played elsewhere. */
export function Video({ stream, mirrored = false, whole = false }: Props) {
  const element = useRef<HTMLVideoElement>(null);
  useLayoutEffect(() => {
    const video = element.current;
    if (!video || video.srcObject === stream) {
      return;
    }
    video.srcObject = stream;
    video.play().catch(() => {
      // A page in the background may refuse; autoplay goes on when it is shown.
    });
  }, [stream]);
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
