import type { Notice } from "../../call";
import { t } from "../../i18n/language";
import { Icon, type IconName } from "../kit/icon";
import { noticeText } from "../notice-text";
import { useCall } from "./view";

const icons: Partial<Record<Notice["kind"], IconName>> = {
  reconnecting: "reconnecting",
  muted_speaking: "microphoneOff",
  device_lost: "unplugged",
  permission_denied: "lock",
};

function Fix({ notice }: { notice: Notice }) {
  const { call, view } = useCall();
  if (notice.kind === "muted_speaking") {
    const turnOn = () => {
      void call.actions.setMicrophone(true);
      call.actions.dismiss(notice);
    };
    return (
      <button type="button" class="banner-action" onClick={turnOn}>
        {t("notice.fix.microphone")}
      </button>
    );
  }
  if (["device_lost", "device_busy", "no_device"].includes(notice.kind)) {
    const choose = () => {
      view.window.value = "settings";
    };
    return (
      <button type="button" class="banner-action" onClick={choose}>
        {t("notice.fix.devices")}
      </button>
    );
  }
  return null;
}

/** What the person should know; the engine decides when. */
export function Banners() {
  const { call } = useCall();
  return (
    <div class="banners" role="status">
      {call.state.notices.value.map((notice) => (
        <div
          key={noticeText(notice)}
          class={`banner kind-${notice.kind}`}
          data-testid={`banner-${notice.kind}`}
        >
          <Icon name={icons[notice.kind] ?? "warning"} />
          <span class="banner-text">{noticeText(notice)}</span>
          <Fix notice={notice} />
          {notice.kind !== "reconnecting" && (
            <button
              type="button"
              class="round small"
              aria-label={t("common.dismiss")}
              onClick={() => call.actions.dismiss(notice)}
            >
              <Icon name="close" />
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
