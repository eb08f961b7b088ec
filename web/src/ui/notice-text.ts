import type { Notice } from "../call";
import { isTextKey, t } from "../i18n/language";

function refusal(code: string): string {
  if (code === "screen_unsupported") {
    return t("share.unsupported");
  }
  const key = `refused.${code}`;
  return isTextKey(key) ? t(key) : t("refused.other", { code });
}

/** What a notice says, in the chosen language. */
export function noticeText(notice: Notice): string {
  switch (notice.kind) {
    case "device_lost":
      return t(`notice.device_lost.${notice.device}`);
    case "permission_denied":
      return t(`notice.permission_denied.${notice.device}`);
    case "device_busy":
      return t(`notice.device_busy.${notice.device}`);
    case "no_device":
      return t(`notice.no_device.${notice.device}`);
    case "full":
      return t("notice.full", { size: notice.size, away: notice.away });
    case "refused":
      return refusal(notice.failure.code);
    default:
      return t(`notice.${notice.kind}`);
  }
}
