import { useState } from "preact/hooks";
import { t } from "../../i18n/language";
import { go, lessonPath, linkFromText } from "../route";

export function OpenLink() {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const open = (event: Event) => {
    event.preventDefault();
    const link = linkFromText(text);
    if (link) {
      go(lessonPath(link));
    } else {
      setWrong(true);
    }
  };
  return (
    <form class="form" onSubmit={open} noValidate>
      <label class="field">
        <span>{t("start.link")}</span>
        <input
          class="input"
          value={text}
          placeholder={t("start.link.example")}
          autocomplete="off"
          inputMode="url"
          aria-invalid={wrong}
          aria-describedby={wrong ? "link-wrong" : undefined}
          data-testid="open-link"
          onInput={(event) => {
            setText(event.currentTarget.value);
            setWrong(false);
          }}
        />
      </label>
      {wrong && (
        <p class="field-error" id="link-wrong" role="alert">
          {t("start.link.wrong")}
        </p>
      )}
      <button type="submit" class="button" data-testid="open-link-go">
        {t("start.link.open")}
      </button>
    </form>
  );
}
