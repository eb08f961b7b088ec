import { useEffect } from "preact/hooks";
import type { Call } from "../../call";
import { t } from "../../i18n/language";
import { recall } from "../kit/remembered";
import { announce } from "../kit/toasts";
import { focusPerson, toggleFullscreen, toggleShare } from "./commands";
import { type Command, isTyping, readKey, takesSpace } from "./shortcuts";
import type { View } from "./view";

function run(command: Command, call: Call, view: View): void {
  const { state, actions } = call;
  const commands: Record<Command, () => void> = {
    microphone: () => void actions.setMicrophone(!state.microphoneOn.peek()),
    camera: () => void actions.setCamera(!state.cameraOn.peek()),
    share: () => toggleShare(call, view),
    people: () => {
      view.panel.value = view.panel.peek() === "people" ? null : "people";
    },
    layout: () => view.choose(view.mode.peek() === "grid" ? "speaker" : "grid"),
    fullscreen: toggleFullscreen,
    strip: () => {
      view.stripHidden.value = !view.stripHidden.peek();
    },
    statistics: () => {
      view.window.value = "statistics";
    },
    shortcuts: () => {
      view.window.value = "shortcuts";
    },
  };
  commands[command]();
}

/** Talking while the space bar is held. The end is never missed: leaving the window mutes too. */
function pushToTalk(call: Call) {
  let talking = false;
  return {
    begin() {
      if (!talking && !call.state.microphoneOn.peek()) {
        talking = true;
        announce(t("announce.talking"));
        void call.actions.setMicrophone(true);
      }
    },
    end() {
      if (talking) {
        talking = false;
        void call.actions.setMicrophone(false);
      }
    },
  };
}

export const singleKeysOff = () => recall("single-keys") === "off";

export function useShortcuts(call: Call, view: View): void {
  useEffect(() => {
    const talk = pushToTalk(call);
    const down = (event: KeyboardEvent) => {
      const shortcut = readKey(event);
      const busy = isTyping(event.target) || view.window.peek() !== null || singleKeysOff();
      if (!shortcut || busy || (shortcut.do === "talk" && takesSpace(event.target))) {
        return;
      }
      event.preventDefault();
      if (shortcut.do === "talk") {
        talk.begin();
      } else if (event.repeat) {
        return;
      } else if (shortcut.do === "focus") {
        focusPerson(view, shortcut.position);
      } else {
        run(shortcut.do, call, view);
      }
    };
    const up = (event: KeyboardEvent) => {
      if (event.code === "Space") {
        talk.end();
      }
    };
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    addEventListener("blur", talk.end);
    document.addEventListener("visibilitychange", talk.end);
    return () => {
      talk.end();
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
      removeEventListener("blur", talk.end);
      document.removeEventListener("visibilitychange", talk.end);
    };
  }, [call, view]);
}
