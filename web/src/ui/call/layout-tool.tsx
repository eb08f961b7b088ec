import { useState } from "preact/hooks";
import { t } from "../../i18n/language";
import type { IconName } from "../kit/icon";
import { Menu, MenuItem } from "../kit/menu";
import { Tool } from "./tool";
import { type Layout, useCall } from "./view";

const layouts: readonly (readonly [Layout, IconName])[] = [
  ["auto", "presentation"],
  ["grid", "layout"],
  ["speaker", "speakerView"],
];

/** The choice of layouts, in a menu of its own or inside «More». */
export function LayoutItems({ onClose }: { onClose: () => void }) {
  const { view } = useCall();
  return (
    <>
      {layouts.map(([name, icon]) => (
        <MenuItem
          key={name}
          icon={icon}
          text={t(`layout.${name}`)}
          hint={t(`layout.${name}.text`)}
          checked={view.layout.value === name}
          testid={`layout-${name}`}
          onPick={() => {
            view.choose(name);
            onClose();
          }}
        />
      ))}
      {view.mode.value !== "grid" && (
        <MenuItem
          icon="strip"
          text={t(view.stripHidden.value ? "layout.strip.show" : "layout.strip.hide")}
          keys="F"
          onPick={() => {
            view.stripHidden.value = !view.stripHidden.peek();
            onClose();
          }}
        />
      )}
    </>
  );
}

export function LayoutTool() {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <div class="menu-holder">
      <Tool
        icon="layout"
        label={t("tool.layout")}
        keys="W"
        look={open ? "open" : ""}
        testid="layout"
        expanded={open}
        menu
        onPress={() => setOpen(!open)}
      />
      {open && (
        <Menu label={t("tool.layout")} onClose={close}>
          <LayoutItems onClose={close} />
        </Menu>
      )}
    </div>
  );
}
