import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { QualityMark } from "./marks";
import { Toolbar } from "./toolbar";
import { useCall } from "./view";

function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, at) => (at ? String(part).padStart(2, "0") : part)).join(":");
}

function useSeconds(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const begun = Date.now();
    const tick = () => setSeconds(Math.floor((Date.now() - begun) / 1000));
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, []);
  return seconds;
}

/** Lesson, time and one's own connection, and the controls. */
export function BottomBar() {
  const { call } = useCall();
  const seconds = useSeconds();
  return (
    <footer class="bottom">
      <div class="bottom-lesson">
        <span class="bottom-title" data-testid="call-title">
          {call.state.title.value}
        </span>
        <span class="bottom-time">
          <span role="timer" aria-label={t("call.clock")}>
            {clock(seconds)}
          </span>
          <QualityMark quality={call.state.quality.value} />
        </span>
      </div>
      <Toolbar />
      <div class="bottom-balance" />
    </footer>
  );
}
