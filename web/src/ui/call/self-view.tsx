import type { Person } from "../../call";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { isPhone, type Size } from "./grid";
import { Tile } from "./tile";
import { useCall } from "./view";

/** Oneself in the corner; may be folded away. */
export function SelfView({ person, room }: { person: Person; room: Size }) {
  const { view } = useCall();
  const hidden = view.selfHidden.value;
  const width = isPhone(room) ? 112 : Math.min(240, Math.max(168, Math.round(room.width * 0.16)));
  const toggle = () => {
    view.selfHidden.value = !hidden;
  };
  if (hidden) {
    return (
      <button type="button" class="self-folded" onClick={toggle}>
        <Icon name="expand" />
        {t("tile.show_self")}
      </button>
    );
  }
  return (
    <div class="self-view" data-testid="self-view">
      <Tile
        person={person}
        kind="camera"
        size={{ width, height: Math.round((width * 9) / 16) }}
        pinnable={false}
      />
      <button type="button" class="self-fold" aria-label={t("tile.hide_self")} onClick={toggle}>
        <Icon name="minimise" />
      </button>
    </div>
  );
}
