import { useEffect } from "preact/hooks";
import type { Call } from "../../call";
import { type KeyEntry, keysOf } from "./keys";
import { isModified, isTyping, keyOf, nameOf, takesSpace } from "./pressed";
import { singleKeysOff } from "./single-keys";
import type { View } from "./view";

export function useShortcuts(call: Call, view: View): void {
  useEffect(() => {
    const here = { call, view };
    let held: KeyEntry | null = null;
    // The end is never missed: leaving the window lets everything go, and so does a modifier, with
    // which some systems do not tell that a key is let go.
    const letGo = () => {
      held?.release?.(here);
      held = null;
    };
    const down = (event: KeyboardEvent) => {
      if (isModified(event)) {
        letGo();
      }
      const name = nameOf(event);
      const busy = isTyping(event.target) || view.window.peek() !== null || singleKeysOff();
      if (name === null || busy || (name === "Space" && takesSpace(event.target))) {
        return;
      }
      const entry = keysOf(here).find(({ keys }) => keys.includes(name));
      if (!entry) {
        return;
      }
      event.preventDefault();
      if (!event.repeat) {
        held = entry.release ? entry : held;
        entry.press(here, name);
      }
    };
    const up = (event: KeyboardEvent) => {
      const name = keyOf(event);
      if (name !== null && held?.keys.includes(name)) {
        letGo();
      }
    };
    addEventListener("keydown", down);
    addEventListener("keyup", up);
    addEventListener("blur", letGo);
    document.addEventListener("visibilitychange", letGo);
    return () => {
      letGo();
      removeEventListener("keydown", down);
      removeEventListener("keyup", up);
      removeEventListener("blur", letGo);
      document.removeEventListener("visibilitychange", letGo);
    };
  }, [call, view]);
}
