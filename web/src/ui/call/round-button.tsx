import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import type { Looks } from "./tools";

interface Props {
  readonly looks: Looks;
  readonly onPress: () => void;
  readonly testid: string;
  readonly keys?: string | undefined;
  readonly menu?: boolean;
}

/** A round button of the toolbar; its words appear above it on hover and focus. */
export function RoundButton({ looks, onPress, testid, keys, menu }: Props) {
  const { icon, label, look, on, expanded, badge, pending } = looks;
  return (
    <button
      type="button"
      class={`tool ${look ?? (expanded ? "open" : "")}`}
      aria-label={label}
      aria-keyshortcuts={keys}
      aria-expanded={expanded}
      aria-haspopup={menu ? "menu" : undefined}
      data-testid={testid}
      data-on={on}
      data-pending={pending}
      aria-busy={pending}
      data-tip={pending ? t("tool.pending") : keys ? `${label} (${keys})` : label}
      onClick={onPress}
    >
      <Icon name={icon} />
      {badge && <span class="tool-badge">{badge}</span>}
    </button>
  );
}
