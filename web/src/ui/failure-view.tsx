import type { Failure } from "../call";
import { t } from "../i18n/language";
import { failurePage, worthRetrying } from "./failure";
import { Headline } from "./kit/headline";
import { Icon, type IconName } from "./kit/icon";
import { OuterPage } from "./kit/outer-page";
import { go } from "./route";

const pictures: Partial<Record<ReturnType<typeof failurePage>, IconName>> = {
  link_expired: "calendar",
  link_revoked: "lock",
  link_unknown: "link",
  link_used_up: "lock",
  full: "people",
  ended: "leave",
  unreachable: "unplugged",
};

/** Why, and what to do. */
function why(failure: Failure): readonly string[] {
  const page = failurePage(failure);
  const { limit, most } = failure.details;
  if (page === "full" && typeof limit === "number" && typeof most === "number" && limit < most) {
    return [t("failure.full.size", { limit })];
  }
  return [t(`failure.${page}.why`), t(`failure.${page}.what`)];
}

interface Props {
  readonly failure: Failure;
  readonly onRetry: () => void;
}

/** A whole page that says what happened, why, and what to do. */
export function FailureView({ failure, onRetry }: Props) {
  const page = failurePage(failure);
  return (
    <OuterPage title={t("failure.page_title")}>
      <div class="message" data-testid="failure" data-code={failure.code}>
        <span class="message-picture">
          <Icon name={pictures[page] ?? "warning"} />
        </span>
        <Headline>{t(`failure.${page}.title`)}</Headline>
        {why(failure).map((line) => (
          <p key={line}>{line}</p>
        ))}
        <div class="message-actions">
          {worthRetrying(page) && (
            <button type="button" class="button primary" onClick={onRetry} data-testid="retry">
              {t(page === "replaced" ? "failure.replaced.retry" : "common.retry")}
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
