import { number, plural, t } from "../../i18n/language";
import type { Margins } from "./grid";
import { PageButton } from "./page-button";
import { useCall } from "./view";

interface Props {
  readonly page: number;
  readonly pages: number;
  /** What is beside the tiles. */
  readonly beside: Margins;
  /** How many people are on other pages. */
  readonly elsewhere: number;
  /** Width at the end of the line below, where one's own picture is (CSS pixels). */
  readonly end: number;
}

/** Turns the pages of the grid. */
export function Pager({ page, pages, elsewhere, beside, end }: Props) {
  const { call, view } = useCall();
  const unseen = call.state.total.value - call.state.people.value.length;
  const turn = (to: number) => {
    view.page.value = to;
  };
  const at = { of: "page", page, pages, turn };
  return (
    <nav class="pager" aria-label={t("pager.pages")} style={{ right: `${end}px` }}>
      <PageButton way="previous" {...at} />
      <span
        class="pager-position"
        data-testid="page-position"
        role="status"
        style={{ left: `${beside.left}px`, right: `${beside.right}px` }}
      >
        <span class="unseen">{t("pager.position", { page: page + 1, pages })}</span>
        <span aria-hidden="true">{`${page + 1} / ${pages}`}</span>
        <span class="pager-more">{t("pager.more", { count: number(elsewhere) })}</span>
        {unseen > 0 && <span class="pager-unseen">{plural("count.unseen", unseen)}</span>}
      </span>
      <PageButton way="next" {...at} />
    </nav>
  );
}
