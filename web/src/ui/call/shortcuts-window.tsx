import { type TextKey, t } from "../../i18n/language";
import { Dialog } from "../kit/dialog";

const rows: readonly (readonly [string, TextKey])[] = [
  ["M", "keys.microphone"],
  ["", "keys.talk"],
  ["V", "keys.camera"],
  ["D", "keys.share"],
  ["P", "keys.people"],
  ["W", "keys.layout"],
  ["F", "keys.strip"],
  ["S", "keys.fullscreen"],
  ["T", "keys.statistics"],
  ["0", "keys.self"],
  ["1–9", "keys.person"],
  ["?", "keys.list"],
];

export function ShortcutsWindow({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={t("keys.title")} onClose={onClose} testid="shortcuts-window">
      <p>{t("keys.text")}</p>
      <dl class="keys">
        {rows.map(([key, words]) => (
          <div key={words}>
            <dt>
              <kbd>{key || t("keys.talk.key")}</kbd>
            </dt>
            <dd>{t(words)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
