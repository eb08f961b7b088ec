// Whoever opened something gets the focus back when it closes.

/** Remembers what has the focus now; the result gives it back, or to the page's main part where that is gone. */
export function rememberFocus(): () => void {
  const opener = document.activeElement;
  return () => {
    const target =
      opener instanceof HTMLElement && document.contains(opener)
        ? opener
        : document.querySelector<HTMLElement>("main");
    target?.focus({ preventScroll: true });
  };
}
