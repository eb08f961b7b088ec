import { quotable, t } from "../i18n/language";
import { Headline } from "./kit/headline";
import { Icon } from "./kit/icon";
import { OuterPage } from "./kit/outer-page";
import { go } from "./route";

interface Props {
  readonly how: "left" | "ended";
  readonly title: string;
  readonly onRejoin: () => void;
}

/** After the call: whoever left may come back, a lesson that ended says so. */
export function EndView({ how, title, onRejoin }: Props) {
  return (
    <OuterPage title={t(`end.${how}.title`)}>
      <div class="message" data-testid={`end-${how}`}>
        <span class="message-picture">
          <Icon name="leave" />
        </span>
        <Headline>{t(`end.${how}.title`)}</Headline>
        <p>{t(`end.${how}.text`, { title: quotable(title) })}</p>
        <div class="message-actions">
          {how === "left" && (
            <button type="button" class="button primary" data-testid="rejoin" onClick={onRejoin}>
              {t("end.rejoin")}
            </button>
          )}
          <button type="button" class="button quiet" onClick={() => go("/")}>
            {t("common.home")}
          </button>
        </div>
      </div>
    </OuterPage>
  );
}
