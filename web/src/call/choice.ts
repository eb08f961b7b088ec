// The chosen devices and weak-internet mode, remembered in this browser.
import type { Choice } from "./local";

const KEY = "zvonok.devices";
const WEAK_INTERNET = "zvonok.weak-internet";
const nothing: Choice = { microphone: "", camera: "", speaker: "" };

/** `storage` may throw: a browser that forbids cookies forbids even to look. */
export function rememberedChoice(storage: () => Storage): Choice {
  try {
    const stored: unknown = JSON.parse(storage().getItem(KEY) ?? "null");
    if (typeof stored !== "object" || stored === null) return nothing;
    const text = (name: keyof Choice): string => {
      const value = (stored as Partial<Record<keyof Choice, unknown>>)[name];
      return typeof value === "string" ? value : "";
    };
    return { microphone: text("microphone"), camera: text("camera"), speaker: text("speaker") };
  } catch {
    return nothing;
  }
}

export function rememberChoice(storage: () => Storage, choice: Choice): void {
  try {
    storage().setItem(KEY, JSON.stringify(choice));
  } catch {
    // A full or forbidden storage only means that the choice is not remembered.
  }
}

export function rememberedWeakInternet(storage: () => Storage): boolean {
  try {
    return storage().getItem(WEAK_INTERNET) === "on";
  } catch {
    return false;
  }
}

export function rememberWeakInternet(storage: () => Storage, on: boolean): void {
  try {
    if (on) storage().setItem(WEAK_INTERNET, "on");
    else storage().removeItem(WEAK_INTERNET);
  } catch {
    // As above: it then lasts as long as the page.
  }
}
