// Whoever opened something gets the focus back when it closes.

/** Remembers what has the focus now; the result gives it back, or to the page's main part where that is gone. */
export function rememberFocus(): () => void {
  const opener = document.activeElement;
  return () => {
    if (opener instanceof HTMLElement && document.contains(opener)) {
      opener.focus({ preventScroll: true });
    } else {
      focusMain();
    }
  };
}

/** For whoever had the focus on something that is gone. */
export function focusMain(): void {
  document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
}
