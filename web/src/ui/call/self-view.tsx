import type { Person } from "../../call";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { type Size, selfSize } from "./grid";
import { Tile } from "./tile";
import { useCall } from "./view";

/** Oneself in the corner; may be folded away. */
export function SelfView({ person, room }: { person: Person; room: Size }) {
  const { view } = useCall();
  const hidden = view.selfHidden.value;
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
  const { width, height } = selfSize(room);
  return (
    <div class="self-view" data-testid="self-view">
      <Tile person={person} kind="camera" width={width} height={height} pinnable={false} />
      <button type="button" class="self-fold" aria-label={t("tile.hide_self")} onClick={toggle}>
        <Icon name="minimise" />
      </button>
    </div>
  );
}
