import { t } from "../../i18n/language";
import { Dialog } from "../kit/dialog";
import { shownName } from "./person-name";
import { mayReplace, useCall } from "./view";

/** Asked before one's screen takes the place of another person's; promises only what is allowed. */
export function ReplaceWindow({ onClose }: { onClose: () => void }) {
  const here = useCall();
  const presenter = here.view.presenters.value[0];
  const allowed = mayReplace(here);
  const name = presenter ? shownName(presenter) : "";
  const text = () => {
    if (!presenter) {
      return t("share.replace.over");
    }
    return t(allowed ? "share.replace.text" : "refused.screen_taken", { name });
  };
  return (
    <Dialog
      title={t(presenter ? "share.replace.title" : "tool.share.on")}
      onClose={onClose}
      testid="replace-window"
    >
      <p>{text()}</p>
      <div class="dialog-actions">
        <button type="button" class="button quiet" onClick={onClose}>
          {t(allowed ? "share.replace.no" : "common.close")}
        </button>
        {allowed && (
          <button
            type="button"
            class="button primary"
            data-testid="replace-yes"
            onClick={() => {
              onClose();
              void here.call.actions.setScreen(true);
            }}
          >
            {t("share.replace.yes")}
          </button>
        )}
      </div>
    </Dialog>
  );
}
