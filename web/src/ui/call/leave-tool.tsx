import { useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { Menu, MenuItem } from "../kit/menu";
import { Tool } from "./tool";
import { useCall } from "./view";

/** Participants leave at once; moderators choose between leaving and ending. */
export function LeaveTool() {
  const { call, view } = useCall();
  const [open, setOpen] = useState(false);
  const moderator = view.moderator.value;
  const press = () => {
    if (moderator) {
      setOpen(!open);
    } else {
      call.actions.leave();
    }
  };
  return (
    <div class="menu-holder">
      <Tool
        icon="leave"
        label={moderator ? t("leave.title") : t("tool.leave")}
        look="leave"
        testid="leave"
        menu={moderator}
        onPress={press}
        {...(moderator ? { expanded: open } : {})}
      />
      {open && (
        <Menu label={t("leave.title")} onClose={() => setOpen(false)} align="end">
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
              setOpen(false);
              view.window.value = "end";
            }}
          />
        </Menu>
      )}
    </div>
  );
}
