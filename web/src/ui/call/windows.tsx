import { EndWindow } from "./end-window";
import { ReplaceWindow } from "./replace-window";
import { SettingsWindow } from "./settings-window";
import { ShortcutsWindow } from "./shortcuts-window";
import { StatisticsWindow } from "./statistics-window";
import { useCall } from "./view";

/** The dialog that is open, if any. */
export function Windows() {
  const { view } = useCall();
  const close = () => {
    view.window.value = null;
  };
  switch (view.window.value) {
    case "statistics":
      return <StatisticsWindow onClose={close} />;
    case "settings":
      return <SettingsWindow onClose={close} />;
    case "shortcuts":
      return <ShortcutsWindow onClose={close} />;
    case "end":
      return <EndWindow onClose={close} />;
    case "replace":
      return <ReplaceWindow onClose={close} />;
    default:
      return null;
  }
}
