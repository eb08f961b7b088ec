import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useRoom } from "../kit/room";
import { type Span, visibleRows } from "../kit/window";

interface Props {
  readonly count: number;
  readonly rowHeight: number;
  readonly label: string;
  readonly row: (position: number) => ComponentChildren;
  readonly onSpan: (span: Span) => void;
}

/** A list of any length of which only what is on screen is in the document. */
export function VirtualList({ count, rowHeight, label, row, onSpan }: Props) {
  const element = useRef<HTMLElement>(null);
  const room = useRoom(element);
  const [top, setTop] = useState(0);
  const span = visibleRows(count, rowHeight, top, room.height);
  useEffect(() => onSpan(span));
  const positions = Array.from({ length: span.to - span.from }, (_, at) => span.from + at);
  return (
    <section
      ref={element}
      class="list"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      data-testid="people-list"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <ul class="list-length" style={{ height: `${count * rowHeight}px` }}>
        {positions.map((at) => (
          <li
            key={at}
            class="list-row"
            aria-setsize={count}
            aria-posinset={at + 1}
            style={{ top: `${at * rowHeight}px`, height: `${rowHeight}px` }}
          >
            {row(at)}
          </li>
        ))}
      </ul>
    </section>
  );
}
