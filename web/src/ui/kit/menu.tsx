import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icon";

interface MenuProps {
  readonly label: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly align?: "start" | "centre" | "end";
}

function items(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)")];
}

/** A menu above the button that opened it: arrows move, Escape or a press elsewhere closes. */
export function Menu({ label, onClose, children, align = "centre" }: MenuProps) {
  const element = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const menu = element.current;
    const opener = document.activeElement;
    // A press with the mouse leaves the focus where it was, which may be at another button.
    const byKeyboard =
      opener?.matches("button:focus-visible") && menu?.parentElement?.contains(opener);
    const checked = menu?.querySelector<HTMLElement>("[aria-checked=true]");
    const first = byKeyboard && menu ? (checked ?? items(menu)[0]) : menu;
    first?.focus({ preventScroll: true });
    const outside = (event: PointerEvent) => {
      if (!menu?.parentElement?.contains(event.target as Node)) {
        close.current();
      }
    };
    document.addEventListener("pointerdown", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      const lost = document.activeElement === document.body;
      if ((lost || menu?.contains(document.activeElement)) && opener instanceof HTMLElement) {
        opener.focus({ preventScroll: true });
      }
    };
  }, []);
  const move = (event: KeyboardEvent) => {
    const all = element.current ? items(element.current) : [];
    const at = all.indexOf(document.activeElement as HTMLElement);
    const steps: Record<string, number> = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: at > 0 ? at - 1 : all.length - 1,
      Home: 0,
      End: all.length - 1,
    };
    const next = steps[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      onClose();
    } else if (next === undefined) {
      return;
    } else {
      all[next]?.focus();
    }
    event.stopPropagation();
    if (event.key !== "Tab") {
      event.preventDefault();
    }
  };
  return (
    <div
      ref={element}
      class={`menu align-${align}`}
      role="menu"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={move}
    >
      {children}
    </div>
  );
}

interface ItemProps {
  readonly icon?: IconName;
  readonly text: string;
  readonly hint?: string;
  readonly keys?: string;
  readonly checked?: boolean;
  readonly danger?: boolean;
  readonly testid?: string;
  readonly onPick: () => void;
}

export function MenuItem({ icon, text, hint, keys, checked, danger, testid, onPick }: ItemProps) {
  const choice = checked === undefined ? {} : { "aria-checked": checked };
  return (
    <button
      type="button"
      class={`menu-item${danger ? " danger" : ""}`}
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      tabIndex={-1}
      data-testid={testid}
      onClick={onPick}
      {...choice}
    >
      {checked !== undefined && !icon ? (
        <span class="menu-check">{checked && <Icon name="check" />}</span>
      ) : null}
      {icon && <Icon name={icon} />}
      <span class="menu-text">
        {text}
        {hint && <small>{hint}</small>}
      </span>
      {keys && <kbd>{keys}</kbd>}
      {icon && checked && <Icon name="check" />}
    </button>
  );
}
