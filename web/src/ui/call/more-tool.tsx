import { useState } from "preact/hooks";
import { plural, t } from "../../i18n/language";
import { Menu, MenuItem } from "../kit/menu";
import { isFullscreen, toggleFullscreen, toggleShare } from "./commands";
import { LayoutItems } from "./layout-tool";
import { Tool } from "./tool";
import type { Optional } from "./toolbar-fit";
import { useCall, type Window } from "./view";

interface Props {
  /** Buttons that have room outside; the others are here. */
  readonly shown: readonly Optional[];
}

function Displaced({ shown, onClose }: Props & { onClose: () => void }) {
  const { call, view } = useCall();
  const sharing = call.state.screenOn.value;
  return (
    <>
      {!shown.includes("share") && (
        <MenuItem
          icon={sharing ? "shareOff" : "share"}
          text={t(sharing ? "tool.share.off" : "tool.share.on")}
          testid="share"
          onPick={() => {
            toggleShare(call, view);
            onClose();
          }}
        />
      )}
      {!shown.includes("participants") && (
        <MenuItem
          icon="people"
          text={t("tool.participants")}
          hint={plural("count.people", call.state.total.value)}
          testid="participants"
          onPick={() => {
            view.panel.value = "people";
            onClose();
          }}
        />
      )}
      {!shown.includes("layout") && <LayoutItems onClose={onClose} />}
    </>
  );
}

export function MoreTool({ shown }: Props) {
  const { call, view } = useCall();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  const show = (window: Window) => () => {
    view.window.value = window;
    close();
  };
  const full = isFullscreen();
  return (
    <div class="menu-holder">
      <Tool
        icon="more"
        label={t("tool.more")}
        look={open ? "open" : ""}
        testid="more"
        expanded={open}
        menu
        onPress={() => setOpen(!open)}
      />
      {open && (
        <Menu label={t("tool.more")} onClose={close} align="end">
          <Displaced shown={shown} onClose={close} />
          {call.state.invitation.value && (
            <MenuItem
              icon="invite"
              text={t("tool.invite")}
              testid="invite"
              onPick={() => {
                view.panel.value = "invite";
                close();
              }}
            />
          )}
          {document.fullscreenEnabled && (
            <MenuItem
              icon={full ? "shrink" : "expand"}
              text={t(full ? "tool.fullscreen.exit" : "tool.fullscreen")}
              keys="S"
              testid="fullscreen"
              onPick={() => {
                toggleFullscreen();
                close();
              }}
            />
          )}
          <MenuItem
            icon="statistics"
            text={t("tool.statistics")}
            keys="T"
            testid="statistics"
            onPick={show("statistics")}
          />
          <MenuItem
            icon="keyboard"
            text={t("tool.shortcuts")}
            keys="?"
            testid="shortcuts"
            onPick={show("shortcuts")}
          />
          <MenuItem
            icon="settings"
            text={t("tool.settings")}
            testid="settings"
            onPick={show("settings")}
          />
        </Menu>
      )}
    </div>
  );
}
