import { t } from "../../i18n/language";
import { PageButton } from "./page-button";
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
  const turn = (to: number) => {
    view.stripPage.value = to;
  };
  const at = { of: "strip", page, pages, turn };
  return (
    <nav class="strip-pager" aria-label={t("pager.strip")}>
      <PageButton way="previous" {...at} />
      <span role="status" data-testid="strip-position">
        <span class="unseen">{t("pager.position", { page: page + 1, pages })}</span>
        {t("pager.more", { count: more })}
      </span>
      <PageButton way="next" {...at} />
    </nav>
  );
}

/** People beside the large picture, in pages. */
export function Strip({ shown, plan }: Props) {
  return (
    <section class="strip" aria-label={t("call.region.strip")} data-testid="strip">
      <div class="strip-tiles">
        {shown.people.map((person) => (
          <Tile
            key={person.number}
            person={person}
            kind="camera"
            width={plan.tile.width}
            height={plan.tile.height}
          />
        ))}
      </div>
      {plan.paged && <StripPager shown={shown} />}
    </section>
  );
}
