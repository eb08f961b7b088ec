import { t } from "../../i18n/language";
import { MenuItem } from "../kit/menu";
import { EndWindow } from "./end-window";
import { useCall } from "./view";

/** A moderator's choice. */
export function LeaveItems({ onClose }: { onClose: () => void }) {
  const { call, view } = useCall();
  return (
    <>
      <MenuItem
        text={t("leave.me")}
        hint={t("leave.me.text")}
        testid="leave-me"
        onPick={() => call.actions.leave()}
      />
      <MenuItem
        text={t("leave.all")}
        hint={t("leave.all.text")}
        danger
        testid="leave-all"
        onPick={() => {
          onClose();
          view.openWindow(EndWindow);
        }}
      />
    </>
  );
}
