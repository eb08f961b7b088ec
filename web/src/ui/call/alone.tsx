import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { InvitePanel } from "./invite-panel";
import { useCall } from "./view";

/** Said to whoever is here first; moderators get the way to invite. `bottom`: of one's own picture, where the words lie on it. */
export function Alone({ bottom }: { bottom: number | null }) {
  const { view } = useCall();
  return (
    <div class="alone" style={bottom === null ? undefined : { bottom: `${bottom + 48}px` }}>
      <strong>{t("call.alone.title")}</strong>
      <span>{t("call.alone.text")}</span>
      {view.moderator.value && (
        <button
          type="button"
          class="button primary small"
          onClick={() => view.openPanel(InvitePanel)}
        >
          <Icon name="invite" />
          {t("tool.invite")}
        </button>
      )}
    </div>
  );
}
