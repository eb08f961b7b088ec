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

/** Turns one page; off where there is none. */
export function PageButton({ way, of, page, pages, turn }: Props) {
  const to = way === "previous" ? page - 1 : page + 1;
  return (
    <button
      type="button"
      class={`round pager-${way}`}
      aria-label={t(`pager.${way}`)}
      disabled={to < 0 || to >= pages}
      data-testid={`${of}-${way}`}
      onClick={() => turn(to)}
    >
      <Icon name={way === "previous" ? "left" : "right"} />
    </button>
  );
}
