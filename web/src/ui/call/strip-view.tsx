import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import type { StripPage, StripPlan } from "./strip";
import { Tile } from "./tile";
import { useCall } from "./view";

interface Props {
  readonly shown: StripPage;
  readonly plan: StripPlan;
}

/** Turns the pages of the strip, and says how many are not on this one. */
export function StripPager({ shown }: { shown: StripPage }) {
  const { call, view } = useCall();
  const { page, pages, people } = shown;
  const others = people.filter((person) => !person.self).length;
  const more = call.state.total.value - 1 - others;
  const turn = (to: number) => () => {
    view.stripPage.value = to;
  };
  return (
    <nav class="strip-pager" aria-label={t("pager.strip")}>
      <button
        type="button"
        class="round"
        aria-label={t("pager.previous")}
        disabled={page === 0}
        data-testid="strip-previous"
        onClick={turn(page - 1)}
      >
        <Icon name="left" />
      </button>
      <span role="status" data-testid="strip-position">
        <span class="unseen">{t("pager.position", { page: page + 1, pages })}</span>
        {t("pager.more", { count: more })}
      </span>
      <button
        type="button"
        class="round"
        aria-label={t("pager.next")}
        disabled={page === pages - 1}
        data-testid="strip-next"
        onClick={turn(page + 1)}
      >
        <Icon name="right" />
      </button>
    </nav>
  );
}

/** People beside the large picture, in pages. */
export function Strip({ shown, plan }: Props) {
  return (
    <section class="strip" aria-label={t("call.region.strip")} data-testid="strip">
      <div class="strip-tiles">
        {shown.people.map((person) => (
          <Tile key={person.number} person={person} kind="camera" size={plan.tile} />
        ))}
      </div>
      {plan.paged && <StripPager shown={shown} />}
    </section>
  );
}
