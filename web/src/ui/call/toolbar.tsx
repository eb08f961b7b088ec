import { useRef } from "preact/hooks";
import { number, t } from "../../i18n/language";
import { useRoom } from "../kit/room";
import { toggleShare } from "./commands";
import { DeviceTool } from "./device-tool";
import { LayoutTool } from "./layout-tool";
import { LeaveTool } from "./leave-tool";
import { MoreTool } from "./more-tool";
import { Tool } from "./tool";
import { fitToolbar } from "./toolbar-fit";
import { useCall } from "./view";

export function Toolbar() {
  const { call, view } = useCall();
  const element = useRef<HTMLDivElement>(null);
  const { width } = useRoom(element);
  const fit = fitToolbar(width);
  const sharing = call.state.screenOn.value;
  const total = number(call.state.total.value);
  const peopleOpen = view.panel.value === "people";
  return (
    <div class="toolbar-room" ref={element}>
      <div class="toolbar" role="toolbar" aria-label={t("call.region.toolbar")}>
        <DeviceTool kind="microphone" arrow={fit.arrows} />
        <DeviceTool kind="camera" arrow={fit.arrows} />
        {fit.shown.includes("share") && (
          <Tool
            icon={sharing ? "shareOff" : "share"}
            label={t(sharing ? "tool.share.off" : "tool.share.on")}
            keys="D"
            look={sharing ? "active" : ""}
            testid="share"
            on={sharing}
            onPress={() => toggleShare(call, view)}
          />
        )}
        {fit.shown.includes("participants") && (
          <Tool
            icon="people"
            label={t("tool.participants_now", { count: total })}
            keys="P"
            look={peopleOpen ? "open" : ""}
            testid="participants"
            expanded={peopleOpen}
            badge={total}
            onPress={() => {
              view.panel.value = peopleOpen ? null : "people";
            }}
          />
        )}
        {fit.shown.includes("layout") && <LayoutTool />}
        <MoreTool shown={fit.shown} />
        <LeaveTool />
      </div>
    </div>
  );
}
