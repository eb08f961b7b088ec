import type { ConnectionDetails, Quality } from "../../call";
import { number, type TextKey, t } from "../../i18n/language";
import { copyText } from "../kit/copy-field";
import { Dialog } from "../kit/dialog";
import { Icon } from "../kit/icon";
import { toast } from "../kit/toasts";
import { useCall } from "./view";

type Unit = "stats.ms" | "stats.percent" | "stats.kbps" | "stats.pixels";

function amount(value: number | null | undefined, unit: Unit, digits = 0): string {
  return value === null || value === undefined
    ? t("stats.unknown")
    : t(unit, { value: number(value, digits) });
}

/** The lines of the window, as shown and as copied. */
function lines(quality: Quality, details: ConnectionDetails | null): [TextKey, string][] {
  return [
    ["stats.quality", t(`quality.${quality}`)],
    ["stats.rtt", amount(details?.rttMs, "stats.ms")],
    ["stats.loss", amount(details?.lossPercent, "stats.percent", 1)],
    ["stats.jitter", amount(details?.jitterMs, "stats.ms")],
    ["stats.send", amount(details?.sendKbps, "stats.kbps")],
    ["stats.receive", amount(details?.receiveKbps, "stats.kbps")],
    ["stats.height", amount(details?.sendHeight, "stats.pixels")],
    ["stats.candidate", details?.candidate || t("stats.unknown")],
  ];
}

export function StatisticsWindow({ onClose }: { onClose: () => void }) {
  const { state } = useCall().call;
  const shown = lines(state.quality.value, state.details.value);
  const copy = async () => {
    const facts = shown.map(([key, value]) => `${t(key)}: ${value}`);
    const where = [new Date().toISOString(), location.host, navigator.userAgent];
    const copied = await copyText([...where, ...facts].join("\n"));
    toast(t(copied ? "common.copied" : "common.copy_failed"));
  };
  return (
    <Dialog title={t("stats.title")} onClose={onClose} testid="statistics-window">
      <dl class="facts">
        {shown.map(([key, value]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog-actions">
        <button type="button" class="button quiet" onClick={copy}>
          <Icon name="copy" />
          {t("stats.copy")}
        </button>
      </div>
    </Dialog>
  );
}
