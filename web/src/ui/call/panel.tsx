import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/language";
import { Icon } from "../kit/icon";
import { rememberFocus } from "../kit/return-focus";
import { useCall } from "./view";

interface Props {
  readonly title: string;
  readonly note?: string;
  readonly testid: string;
  readonly children: ComponentChildren;
}

/** A side panel; on phones it covers the stage. Escape closes it. */
export function Panel({ title, note, testid, children }: Props) {
  const { view } = useCall();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const giveBack = rememberFocus();
    heading.current?.focus({ preventScroll: true });
    return giveBack;
  }, []);
  return (
    <aside
      class="panel"
      aria-label={title}
      data-testid={testid}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          view.closePanel();
        }
      }}
    >
      <header class="panel-head">
        <h2 ref={heading} tabIndex={-1}>
          {title}
          {note && <small data-testid={`${testid}-count`}>{note}</small>}
        </h2>
        <button
          type="button"
          class="round"
          aria-label={t("common.close")}
          onClick={view.closePanel}
        >
          <Icon name="close" />
        </button>
      </header>
      {children}
    </aside>
  );
}
