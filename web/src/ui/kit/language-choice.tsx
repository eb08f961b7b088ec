import { type Language, language, setLanguage, t } from "../../i18n/language";

const languages: readonly Language[] = ["ru", "en"];

export function LanguageChoice() {
  return (
    <fieldset class="segments">
      <legend class="unseen">{t("language.choose")}</legend>
      {languages.map((one) => (
        <button
          key={one}
          type="button"
          lang={one}
          aria-pressed={language.value === one}
          onClick={() => setLanguage(one)}
        >
          {t(`language.${one}`)}
        </button>
      ))}
    </fieldset>
  );
}
