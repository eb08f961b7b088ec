import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";

interface Props {
  readonly way: "previous" | "next";
  /** What has the pages, for tests. */
  readonly of: string;
  readonly page: number;
  readonly pages: number;
  readonly turn: (to: number) => void;
}

/** Turns one page; off where there is none: not `disabled`, which would lose the focus at the last. */
export function PageButton({ way, of, page, pages, turn }: Props) {
  const to = way === "previous" ? page - 1 : page + 1;
  const off = to < 0 || to >= pages;
  return (
    <button
      type="button"
      class={`round pager-${way}`}
      aria-label={t(`pager.${way}`)}
      aria-disabled={off}
      data-testid={`${of}-${way}`}
      onClick={() => off || turn(to)}
    >
      <Icon name={way === "previous" ? "left" : "right"} />
    </button>
  );
}
