import type { Quality } from "../../call";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";

const steps: Readonly<Record<Quality, number>> = { good: 3, medium: 2, poor: 1, lost: 0 };

/** Connection quality as bars, with its words for screen readers and on hover. */
export function QualityMark({ quality }: { quality: Quality }) {
  const words = t(`quality.${quality}`);
  return (
    <span class={`quality ${quality}`} role="img" aria-label={words} title={words}>
      {[1, 2, 3].map((step) => (
        <i key={step} class={step <= steps[quality] ? "full" : ""} />
      ))}
    </span>
  );
}

/** Microphone off, on, or a person speaking. */
export function MicrophoneMark({ on, speaking }: { on: boolean; speaking: boolean }) {
  const words = t(on ? (speaking ? "tile.speaking" : "tile.microphone_on") : "tile.microphone_off");
  return (
    <span class={`mic-mark${on ? "" : " off"}`} role="img" aria-label={words} title={words}>
      {on && speaking ? (
        <span class="voice">
          <i />
          <i />
          <i />
        </span>
      ) : (
        <Icon name={on ? "microphone" : "microphoneOff"} />
      )}
    </span>
  );
}
