// What this browser remembers between visits; storage may be forbidden or full, and then nothing is.

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`zvonok.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`zvonok.${key}`, value);
  } catch {
    // Private windows may refuse; the choice then lasts as long as the page.
  }
}
