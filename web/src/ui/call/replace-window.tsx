import { t } from "../../i18n/language";
import { Dialog } from "../kit/dialog";
import { useCall } from "./view";

/** Asked before one's screen takes the place of another person's. */
export function ReplaceWindow({ onClose }: { onClose: () => void }) {
  const { call, view } = useCall();
  const name = view.presenters.value[0]?.name ?? "";
  return (
    <Dialog title={t("share.replace.title")} onClose={onClose} testid="replace-window">
      <p>{t("share.replace.text", { name })}</p>
      <div class="dialog-actions">
        <button type="button" class="button quiet" onClick={onClose}>
          {t("share.replace.no")}
        </button>
        <button
          type="button"
          class="button primary"
          data-testid="replace-yes"
          onClick={() => {
            onClose();
            void call.actions.setScreen(true);
          }}
        >
          {t("share.replace.yes")}
        </button>
      </div>
    </Dialog>
  );
}
