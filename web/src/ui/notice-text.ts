import type { Failure, Notice } from "../call";
import { isTextKey, number, plural, t } from "../i18n/language";
import { failureText } from "./failure";

/** What the words depend on beside the notice itself. */
export interface Around {
  /** The name of somebody in the call, or null. */
  readonly nameOf: (participant: number) => string | null;
  /** One's own camera or screen is on. */
  readonly sends: boolean;
}

const outside: Around = { nameOf: () => null, sends: false };

function refusal(failure: Failure, { nameOf }: Around): string {
  const { code, details } = failure;
  if (code === "screen_unsupported") {
    return t("share.unsupported");
  }
  if (code === "screen_taken") {
    const name = nameOf(Number(details.by));
    return name === null ? t("refused.screen_taken.somebody") : t("refused.screen_taken", { name });
  }
  const key = `refused.${code}`;
  return isTextKey(key) ? t(key) : failureText(failure);
}

/** What a notice says, in the chosen language. */
export function noticeText(notice: Notice, around: Around = outside): string {
  switch (notice.kind) {
    case "reconnecting":
      return t(notice.seatKept ? "notice.reconnecting" : "notice.reconnecting.long");
    case "device_lost":
      return t(`notice.device_lost.${notice.device}`);
    case "permission_denied":
      return t(`notice.permission_denied.${notice.device}`);
    case "device_busy":
      return t(`notice.device_busy.${notice.device}`);
    case "no_device":
      return t(`notice.no_device.${notice.device}`);
    case "device_silent":
      return t(`notice.device_silent.${notice.device}`);
    case "full":
      return [
        t("notice.full", { size: number(notice.size) }),
        plural("count.turned_away", notice.away),
      ].join(" ");
    case "screen_replaced": {
      const name = around.nameOf(notice.by);
      return name === null
        ? t("notice.screen_replaced.somebody")
        : t("notice.screen_replaced", { name });
    }
    case "weak_connection":
      return [
        t("notice.weak_connection"),
        t(around.sends ? "notice.weak_connection.stop" : "notice.weak_connection.move"),
      ].join(" ");
    case "refused":
      return refusal(notice.failure, around);
    default:
      return t(`notice.${notice.kind}`);
  }
}

/** Of several notices about one device the last: what happened is said once. */
export function saidOnce(notices: readonly Notice[]): readonly Notice[] {
  const deviceOf = (notice: Notice) => {
    if (notice.kind === "muted_speaking") {
      return "microphone";
    }
    return "device" in notice ? notice.device : null;
  };
  return notices.filter((notice, at) => {
    const device = deviceOf(notice);
    const about = (other: Notice) => device !== null && deviceOf(other) === device;
    // That nobody hears one follows from what is wrong with the microphone, whichever came first.
    return notice.kind === "muted_speaking"
      ? !notices.some((other) => other !== notice && about(other))
      : !notices.slice(at + 1).some((other) => about(other) && other.kind !== "muted_speaking");
  });
}
