import { t } from "../../i18n/language";
import type { IconName } from "../kit/icon";
import { MenuItem } from "../kit/menu";
import { toggleStrip } from "./commands";
import { type Layout, useCall } from "./view";

const layouts: readonly (readonly [Layout, IconName])[] = [
  ["auto", "presentation"],
  ["grid", "layout"],
  ["speaker", "speakerView"],
];

/** The choice of layouts, in a menu of its own or inside «More». */
export function LayoutItems({ onClose }: { onClose: () => void }) {
  const here = useCall();
  const { view } = here;
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
            toggleStrip(here);
            onClose();
          }}
        />
      )}
    </>
  );
}
