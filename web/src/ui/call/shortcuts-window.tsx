import { t } from "../../i18n/language";
import { Dialog } from "../kit/dialog";
import { keysOf } from "./keys";
import { useCall } from "./view";

export function ShortcutsWindow({ onClose }: { onClose: () => void }) {
  const here = useCall();
  return (
    <Dialog title={t("keys.title")} onClose={onClose} testid="shortcuts-window">
      <p>{t("keys.text")}</p>
      <dl class="keys">
        {keysOf(here).map(({ shown, words }) => (
          <div key={words}>
            <dt>
              <kbd>{shown}</kbd>
            </dt>
            <dd>{t(words)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
