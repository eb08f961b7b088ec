// Whoever opened something gets the focus back when it closes.

/** Remembers what has the focus now; the result gives it back, if it is still on the page. */
export function rememberFocus(): () => void {
  const opener = document.activeElement;
  return () => {
    if (opener instanceof HTMLElement && document.contains(opener)) {
      opener.focus({ preventScroll: true });
    }
  };
}
