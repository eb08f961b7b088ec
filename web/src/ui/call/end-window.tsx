import { t } from "../../i18n/language";
import { Dialog } from "../kit/dialog";
import { useCall } from "./view";

export function EndWindow({ onClose }: { onClose: () => void }) {
  const { call } = useCall();
  return (
    <Dialog title={t("leave.all.confirm")} onClose={onClose} testid="end-window">
      <p>{t("leave.all.confirm.text")}</p>
      <div class="dialog-actions">
        <button type="button" class="button quiet" onClick={onClose}>
          {t("leave.all.no")}
        </button>
        <button
          type="button"
          class="button danger"
          data-testid="end-yes"
          onClick={() => {
            onClose();
            call.actions.say({ type: "end" });
          }}
        >
          {t("leave.all.yes")}
        </button>
      </div>
    </Dialog>
  );
}
