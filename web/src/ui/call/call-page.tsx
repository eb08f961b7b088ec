import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Call } from "../../call";
import { t } from "../../i18n/language";
import { Announcer } from "./announcer";
import { Banners } from "./banners";
import { BottomBar } from "./bottom-bar";
import { FacesWindow } from "./faces-window";
import { Sound } from "./sound";
import { Stage } from "./stage";
import { useShortcuts } from "./use-shortcuts";
import { CallContext, createView, isOver } from "./view";
import { useWakeLock } from "./wake-lock";
import { Windows } from "./windows";

/** A press with the mouse must not take the focus, or the space bar would press again, not talk. */
const keepFocus = (event: MouseEvent) => {
  if (event.target instanceof Element && event.target.closest("button")) {
    event.preventDefault();
  }
};

interface Props {
  readonly call: Call;
  readonly onOver: (call: Call) => void;
}

export function CallPage({ call, onOver }: Props) {
  const [view] = useState(() => createView(call));
  useEffect(() => () => view.close(), [view]);
  // Back to another page of ours is leaving, before the first paint, too; a reload is not, and runs no clean-up.
  useLayoutEffect(() => () => call.close(), [call]);
  useSignalEffect(() => {
    document.title = t("call.page_title", { title: call.state.title.value });
  });
  useSignalEffect(() => call.actions.seeElsewhere(view.faces.value !== null));
  useSignalEffect(() => {
    if (isOver({ call })) {
      onOver(call);
    }
  });
  useShortcuts(call, view);
  useWakeLock();
  const stage = useRef<HTMLElement>(null);
  useEffect(() => stage.current?.focus({ preventScroll: true }), []);
  const Panel = view.panel.value;
  const joining = call.state.phase.value === "joining";
  return (
    <CallContext.Provider value={{ call, view }}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: of the buttons in it, not of its own */}
      <div
        class="call"
        data-testid="call"
        data-phase={call.state.phase.value}
        onMouseDown={keepFocus}
      >
        <Banners />
        <div class="call-body">
          <main ref={stage} class="stage-holder" tabIndex={-1} aria-label={t("call.region.stage")}>
            {joining ? (
              <p class="joining" role="status">
                {t("call.joining")}
              </p>
            ) : (
              <Stage />
            )}
          </main>
          {Panel && <Panel />}
        </div>
        <BottomBar />
        <Sound />
        <Announcer />
        <Windows />
        <FacesWindow />
      </div>
    </CallContext.Provider>
  );
}
