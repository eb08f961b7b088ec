import { useSignal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { BannerButton } from "./banner-button";
import { isModerator, useCall } from "./view";

/** Said to pupils when the last moderator has gone, until one is back. */
export function ModeratorLeft() {
  const { call, view } = useCall();
  const had = useRef(false);
  const left = useSignal(false);
  useSignalEffect(() => {
    const led = view.moderator.value || call.state.people.value.some(isModerator);
    left.value = !led && had.current;
    had.current = had.current || led;
  });
  if (!left.value) {
    return null;
  }
  return (
    <div class="banner" data-testid="banner-moderator_left">
      <Icon name="info" />
      <span class="banner-text">{t("notice.moderator_left")}</span>
      <BannerButton
        class="round small"
        aria-label={t("common.dismiss")}
        onClick={() => {
          had.current = false;
          left.value = false;
        }}
      >
        <Icon name="close" />
      </BannerButton>
    </div>
  );
}
