import { number, plural, t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import type { Margins } from "./grid";
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
  const turn = (to: number) => () => {
    view.page.value = Math.min(pages - 1, Math.max(0, to));
  };
  return (
    <nav class="pager" aria-label={t("pager.pages")} style={{ right: `${end}px` }}>
      <button
        type="button"
        class="round pager-previous"
        aria-label={t("pager.previous")}
        disabled={page === 0}
        data-testid="page-previous"
        onClick={turn(page - 1)}
      >
        <Icon name="left" />
      </button>
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
      <button
        type="button"
        class="round pager-next"
        aria-label={t("pager.next")}
        disabled={page === pages - 1}
        data-testid="page-next"
        onClick={turn(page + 1)}
      >
        <Icon name="right" />
      </button>
    </nav>
  );
}
