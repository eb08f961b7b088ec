import { t } from "../i18n/language";
import { Icon } from "./kit/icon";
import { OuterPage } from "./kit/outer-page";
import { go } from "./route";

/** An address that names nothing here. */
export function UnknownPage() {
  return (
    <OuterPage title={t("unknown.title")}>
      <div class="message" data-testid="unknown-page">
        <span class="message-picture">
          <Icon name="link" />
        </span>
        <h1>{t("unknown.title")}</h1>
        <p>{t("unknown.what")}</p>
        <div class="message-actions">
          <button type="button" class="button primary" onClick={() => go("/")}>
            {t("common.home")}
          </button>
        </div>
      </div>
    </OuterPage>
  );
}
