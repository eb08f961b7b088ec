import type { Preview } from "../../call";
import { t } from "../../i18n/language";

/** One press before the call; it is the same mode as in the toolbar. */
export function WeakInternet({ preview }: { readonly preview: Preview }) {
  const on = preview.weakInternet.value;
  return (
    <label class="switch">
      <input
        type="checkbox"
        checked={on}
        data-testid="prejoin-weak-internet"
        onChange={() => preview.setWeakInternet(!on)}
      />
      <span>
        {t("tool.weak_internet")}
        <small>{t("weak_internet.text")}</small>
      </span>
    </label>
  );
}
