// The school key arrives in the fragment of the address, which is never sent to a server. It is
// taken over at once, so that it stays neither in the address bar nor in the history.
import { signal } from "@preact/signals";

const STORED = "zvonok.school-key";

/** The key in `#key=…`, or null. */
export function keyFromFragment(fragment: string): string | null {
  const key = new URLSearchParams(fragment.replace(/^#/, "")).get("key")?.trim();
  return key ? key : null;
}

function stored(): string | null {
  try {
    return sessionStorage.getItem(STORED);
  } catch {
    return null;
  }
}

export const schoolKey = signal<string | null>(stored());

export function keepKey(key: string): void {
  schoolKey.value = key;
  try {
    sessionStorage.setItem(STORED, key);
  } catch {
    // Without storage the key lasts as long as the page.
  }
}

export function forgetKey(): void {
  schoolKey.value = null;
  try {
    sessionStorage.removeItem(STORED);
  } catch {
    // Nothing was stored then.
  }
}

/** Takes the key over from the address; call before anything is drawn. */
export function takeKeyFromAddress(): void {
  const key = keyFromFragment(location.hash);
  if (key) {
    keepKey(key);
    history.replaceState(null, "", location.pathname + location.search);
  }
}
