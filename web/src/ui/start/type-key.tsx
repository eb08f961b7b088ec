import { useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { keepKey } from "./school-key";

/** For teachers whose address came without the key. */
export function TypeKey() {
  const [key, setKey] = useState("");
  const use = (event: Event) => {
    event.preventDefault();
    if (key.trim()) {
      keepKey(key.trim());
    }
  };
  return (
    <form class="form" onSubmit={use}>
      <p>{t("start.teacher.locked")}</p>
      <label class="field">
        <span>{t("start.key")}</span>
        <input
          class="input"
          type="password"
          autocomplete="off"
          value={key}
          data-testid="lesson-key"
          onInput={(event) => setKey(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button quiet" data-testid="lesson-key-use">
        {t("start.key.use")}
      </button>
    </form>
  );
}
