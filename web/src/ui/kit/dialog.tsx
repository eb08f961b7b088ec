import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/language";
import { Icon } from "./icon";
import { rememberFocus } from "./return-focus";

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly testid: string;
}

/** A window over the page: the browser keeps the focus in it, Escape closes it. */
export function Dialog({ title, onClose, children, testid }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = element.current;
    const giveBack = rememberFocus();
    dialog?.showModal();
    return () => {
      dialog?.close();
      // The browser does so itself only while the element is still on the page.
      giveBack();
    };
  }, []);
  const outside = (event: MouseEvent) => {
    if (event.target === element.current) {
      onClose();
    }
  };
  const cancel = (event: Event) => {
    event.preventDefault();
    onClose();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same by the cancel event
    <dialog
      ref={element}
      class="dialog"
      aria-label={title}
      data-testid={testid}
      onClick={outside}
      onCancel={cancel}
    >
      <div class="dialog-box">
        <header class="dialog-head">
          <h2>{title}</h2>
          <button type="button" class="round" aria-label={t("common.close")} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
