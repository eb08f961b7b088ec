import type { Local, Notice } from "../../call";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { noticeText, saidOnce } from "../notice-text";
import { browserFamily } from "./browser";

function Steps({ device, onRetry }: { device: "microphone" | "camera"; onRetry: () => void }) {
  const browser = browserFamily(navigator.userAgent);
  return (
    <div class="trouble" role="alert" data-testid="banner-permission_denied">
      <h2>
        <Icon name="lock" />
        {t(`permission.${device}`)}
      </h2>
      <p>{t("permission.why")}</p>
      <ol>
        <li>{t(`permission.${browser}.1`)}</li>
        <li>{t(`permission.${browser}.2`)}</li>
        <li>{t(`permission.${browser}.3`)}</li>
      </ol>
      <p>{t("permission.without")}</p>
      <button type="button" class="button quiet small" onClick={onRetry}>
        {t("common.retry")}
      </button>
    </div>
  );
}

/** Without any device at all one kind sentence replaces the two errors. */
function withoutDevices(notices: readonly Notice[]): boolean {
  return new Set(notices.flatMap((one) => (one.kind === "no_device" ? one.device : []))).size === 2;
}

/** The steps that allow the camera allow the microphone too: one set of them is enough. */
function withoutRepeats(notices: readonly Notice[]): readonly Notice[] {
  const first = notices.find((one) => one.kind === "permission_denied");
  return notices.filter((one) => one.kind !== "permission_denied" || one === first);
}

/** What will be so once one has joined. */
function troubleText(notice: Notice): string {
  switch (notice.kind) {
    case "no_device":
      return t(`prejoin.no_${notice.device}`);
    case "device_silent":
      return t(`prejoin.silent_${notice.device}`);
    default:
      return noticeText(notice);
  }
}

/** What is wrong with devices or network before joining, and what to do. None of it keeps one out. */
export function Troubles({ local }: { local: Local }) {
  const notices = saidOnce(withoutRepeats(local.notices.value));
  if (withoutDevices(notices)) {
    return (
      <p class="trouble calm" role="status" data-testid="banner-no_device">
        <Icon name="info" />
        {t("prejoin.no_devices")}
      </p>
    );
  }
  const retry = (notice: Notice, device: "microphone" | "camera") => () => {
    local.dismiss(notice);
    void (device === "camera" ? local.setCamera(true) : local.setMicrophone(true));
  };
  return (
    <>
      {notices.map((notice) =>
        notice.kind === "permission_denied" && notice.device !== "screen" ? (
          <Steps
            key={notice.device}
            device={notice.device}
            onRetry={retry(notice, notice.device)}
          />
        ) : (
          <p
            key={noticeText(notice)}
            class="trouble calm"
            role="status"
            data-testid={`banner-${notice.kind}`}
          >
            <Icon name="info" />
            {troubleText(notice)}
          </p>
        ),
      )}
    </>
  );
}
