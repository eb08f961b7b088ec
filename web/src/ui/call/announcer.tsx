import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { plural, t } from "../../i18n/language";
import { announce } from "../kit/toasts";
import { shownName } from "./person-name";
import { useCall } from "./view";

/** Comings are collected this long (ms), so that a class coming in is one sentence. */
const COLLECT = 4000;

/** Tells screen readers who came; nothing is drawn. */
export function Announcer() {
  const { call } = useCall();
  const known = useRef<number | null>(null);
  const timer = useRef(0);
  useSignalEffect(() => {
    const total = call.state.total.value;
    if (call.state.phase.value !== "connected") {
      return;
    }
    known.current ??= total;
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      const came = total - (known.current ?? total);
      known.current = total;
      const last = call.state.people.peek().at(-1);
      if (came === 1 && last && !last.self) {
        announce(t("announce.joined", { name: shownName(last) }));
      } else if (came > 0) {
        announce(plural("count.joined", came));
      }
    }, COLLECT);
    return () => clearTimeout(timer.current);
  });
  return null;
}
