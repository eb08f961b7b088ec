// Which rows of a long list are on screen.

export interface Span {
  /** index of the first row to draw */
  readonly from: number;
  /** index after the last row to draw */
  readonly to: number;
}

const SPARE = 6;

/** Rows to draw of `count`, each `row` pixels high, in a view scrolled to `top`. */
export function visibleRows(count: number, row: number, top: number, height: number): Span {
  const from = Math.max(0, Math.floor(top / row) - SPARE);
  const to = Math.min(count, Math.ceil((top + height) / row) + SPARE);
  return { from: Math.min(from, to), to };
}
