import { type ReadonlySignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";

interface Props {
  readonly level: ReadonlySignal<number>;
  /** Without words it is decoration. */
  readonly label?: string;
}

/** A bar that follows a loudness of 0–1 without redrawing anything else. */
export function Meter({ level, label }: Props) {
  const bar = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const share = Math.min(1, Math.sqrt(Math.max(0, level.value)));
    bar.current?.style.setProperty("--level", share.toFixed(3));
  });
  const words = label ? { role: "img" as const, "aria-label": label } : { "aria-hidden": true };
  return (
    <div class="meter" ref={bar} {...words}>
      <span />
    </div>
  );
}
