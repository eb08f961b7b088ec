import { useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { Menu, MenuItem } from "../kit/menu";
import { RoundButton } from "./round-button";
import { type Looks, type ToolEntry, toolsAt } from "./tools";
import { type Here, useCall } from "./view";

function Line({ tool, onClose }: { tool: ToolEntry; onClose: () => void }) {
  const here = useCall();
  const { icon, label, text, hint } = tool.looks(here);
  if (tool.Items) {
    return <tool.Items onClose={onClose} />;
  }
  return (
    <MenuItem
      icon={icon}
      text={text ?? label}
      testid={tool.id}
      onPick={() => {
        onClose();
        tool.press(here);
      }}
      {...(hint ? { hint } : {})}
      {...(tool.key ? { keys: tool.key.shown } : {})}
    />
  );
}

/** How «More» looks: what is on and has no button of its own is seen on it all the same. */
function looksOf(displaced: readonly ToolEntry[], here: Here, open: boolean): Looks {
  const inside = displaced.map((tool) => tool.looks(here)).find(({ look }) => look === "active");
  if (inside === undefined) {
    return { icon: "more", label: t("tool.more"), expanded: open };
  }
  const { text, label, hint } = inside;
  const what = text && hint ? t("tool.more.on", { what: text.toLowerCase(), state: hint }) : label;
  return { icon: "more", label: what, expanded: open, look: "active" };
}

/** The controls that have no place in the toolbar, those `displaced` for want of room first. */
export function MoreTool({ displaced }: { displaced: readonly ToolEntry[] }) {
  const here = useCall();
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <div class="menu-holder">
      <RoundButton
        looks={looksOf(displaced, here, open)}
        menu
        testid="more"
        onPress={() => setOpen(!open)}
      />
      {open && (
        <Menu label={t("tool.more")} onClose={close} align="end">
          {[...displaced, ...toolsAt("more", here)].map((tool) => (
            <Line key={tool.id} tool={tool} onClose={close} />
          ))}
        </Menu>
      )}
    </div>
  );
}
