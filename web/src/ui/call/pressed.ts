// What is pressed on the keyboard, and whether the page may take it for a shortcut.

export interface Pressed {
  readonly code: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** Whether a modifier is down: then the key belongs to the browser or the system. */
export function isModified({ ctrlKey, altKey, metaKey }: Pressed): boolean {
  return ctrlKey || altKey || metaKey;
}

/** What a key is called here. Letters go by place on the keyboard: they work in the Russian layout too. */
export function nameOf(pressed: Pressed): string | null {
  return isModified(pressed) ? null : keyOf(pressed);
}

/** The same, whatever modifier is down by now: for keys that are let go. */
export function keyOf(pressed: Pressed): string | null {
  if (pressed.code === "Space") {
    return "Space";
  }
  if (/^[^\p{L}\p{N}\s]$/u.test(pressed.key)) {
    return pressed.key;
  }
  // Without NumLock the number pad moves about, and its keys are called what they do then.
  if (pressed.code.startsWith("Numpad") && pressed.key.length > 1) {
    return null;
  }
  return /^(?:Digit|Numpad|Key)([0-9A-Z])$/.exec(pressed.code)?.[1] ?? null;
}

/** Whether the element takes letters itself. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select"))
  );
}

/** Whether the space bar already means something on this element. */
export function takesSpace(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("button, a, input, [role=menu]") !== null;
}
