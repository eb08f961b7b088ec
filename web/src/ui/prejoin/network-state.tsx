import { useEffect, useState } from "preact/hooks";
import type { NetworkCheck } from "../../call";
import { t } from "../../i18n/language";
import { useEngine } from "../engine";
import { Icon } from "../kit/icon";
import { hostsOf, portsOf } from "./media-address";

function Blocked({ media, onRetry }: { media: readonly string[]; onRetry: () => void }) {
  const port = portsOf(media).join(", ");
  return (
    <div class="trouble" role="alert" data-testid="banner-udp_blocked">
      <h2>
        <Icon name="warning" />
        {t("network.blocked")}
      </h2>
      <p>{t("network.blocked.why", { port })}</p>
      <ul>
        <li>{t("network.blocked.ask", { port, addresses: hostsOf(media).join(", ") })}</li>
        <li>{t("network.blocked.other")}</li>
      </ul>
      <p>{t("network.blocked.anyway")}</p>
      <button type="button" class="button quiet small" onClick={onRetry}>
        {t("network.again")}
      </button>
    </div>
  );
}

/** Whether sound and pictures will get through; keeps nobody from joining. */
export function NetworkState({ media }: { media: readonly string[] }) {
  const { checkNetwork } = useEngine();
  const [check, setCheck] = useState<NetworkCheck | null>(null);
  const begin = () => setCheck(checkNetwork(media));
  useEffect(begin, [checkNetwork, media]);
  useEffect(() => () => check?.close(), [check]);
  const reach = check?.reach.value ?? "checking";
  if (reach === "blocked") {
    return <Blocked media={media} onRetry={begin} />;
  }
  const said = reach === "unknown" ? "" : t(`network.${reach}`);
  return (
    <p class="network-state" role="status" data-testid="network" data-reach={reach}>
      {reach === "reachable" && <Icon name="check" />}
      {said}
    </p>
  );
}
