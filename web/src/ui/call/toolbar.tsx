import { useRef } from "preact/hooks";
import { t } from "../../i18n/language";
import { useRoom } from "../kit/room";
import { DeviceTool } from "./device-tool";
import { MoreTool } from "./more-tool";
import { Tool } from "./tool";
import { fitToolbar } from "./toolbar-fit";
import { toolsAt } from "./tools";
import { useCall } from "./view";

export function Toolbar() {
  const here = useCall();
  const element = useRef<HTMLDivElement>(null);
  const { width } = useRoom(element);
  const optional = toolsAt("bar", here);
  const fit = fitToolbar(width, optional.length);
  return (
    <div class="toolbar-room" ref={element}>
      <div class="toolbar" role="toolbar" aria-label={t("call.region.toolbar")}>
        {toolsAt("device", here).map((tool) => (
          <DeviceTool key={tool.id} tool={tool} arrow={fit.arrows} />
        ))}
        {optional.slice(0, fit.shown).map((tool) => (
          <Tool key={tool.id} tool={tool} />
        ))}
        <MoreTool displaced={optional.slice(fit.shown)} />
        {toolsAt("end", here).map((tool) => (
          <Tool key={tool.id} tool={tool} />
        ))}
      </div>
    </div>
  );
}
