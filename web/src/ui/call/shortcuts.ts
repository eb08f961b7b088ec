// Single keys during a call. They do nothing while the person types, and may be turned off.

export type Command =
  | "microphone"
  | "camera"
  | "share"
  | "people"
  | "layout"
  | "fullscreen"
  | "strip"
  | "statistics"
  | "shortcuts";

export type Shortcut =
  | { readonly do: Command }
  | { readonly do: "talk" }
  | { readonly do: "focus"; readonly position: number };

const byCode: Readonly<Record<string, Command>> = {
  KeyM: "microphone",
  KeyV: "camera",
  KeyD: "share",
  KeyP: "people",
  KeyW: "layout",
  KeyS: "fullscreen",
  KeyF: "strip",
  KeyT: "statistics",
};

export interface Pressed {
  readonly code: string;
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** What a key means. Letters go by place on the keyboard, so they work in the Russian layout too. */
export function readKey(pressed: Pressed): Shortcut | null {
  if (pressed.ctrlKey || pressed.altKey || pressed.metaKey) {
    return null;
  }
  if (pressed.code === "Space") {
    return { do: "talk" };
  }
  if (pressed.key === "?") {
    return { do: "shortcuts" };
  }
  const digit = /^(?:Digit|Numpad)([0-9])$/.exec(pressed.code)?.[1];
  if (digit) {
    return { do: "focus", position: Number(digit) };
  }
  const command = byCode[pressed.code];
  return command ? { do: command } : null;
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
