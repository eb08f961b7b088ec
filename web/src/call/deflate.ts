// Messages that are large cross the line deflated (RFC 1951), in binary frames: of an offer one
// part in 28 is left, which a narrow line carries at once. Not all browsers can.

/** Characters from which it is worth it: what fits into one packet comes no sooner. */
export const LEAST = 1_024;
const FORMAT = "deflate-raw";

export function canDeflate(): boolean {
  try {
    new DecompressionStream(FORMAT);
    return true;
  } catch {
    return false;
  }
}

export function deflated(text: string): Promise<ArrayBuffer> {
  return through(new Blob([text]), new CompressionStream(FORMAT)).arrayBuffer();
}

export function inflated(data: ArrayBuffer): Promise<string> {
  return through(new Blob([data]), new DecompressionStream(FORMAT)).text();
}

function through(data: Blob, transform: GenericTransformStream): Response {
  return new Response(data.stream().pipeThrough(transform as TransformStream));
}

/** Keeps the order of messages one way, though what is deflated takes a moment to make or to read. */
export class Order {
  private last: Promise<void> | null = null;

  /** At once, unless something that came before is not done yet. */
  inTurn(work: () => void): void {
    if (this.last === null) work();
    else this.later(work);
  }

  later(work: () => void | Promise<void>): void {
    const turn: Promise<void> = (this.last ?? Promise.resolve())
      .then(work)
      .catch((reason) => console.error("A message cannot be passed on:", reason))
      .then(() => {
        if (this.last === turn) this.last = null;
      });
    this.last = turn;
  }
}
