// Short messages that go by themselves. Also the one place that speaks to screen readers.
import { signal } from "@preact/signals";

interface Toast {
  readonly id: number;
  readonly text: string;
}

const LASTS = 5000;
const toasts = signal<readonly Toast[]>([]);
const spoken = signal<Toast>({ id: 0, text: "" });
let nextId = 1;

export function toast(text: string): void {
  const one = { id: nextId++, text };
  toasts.value = [...toasts.value.slice(-2), one];
  setTimeout(() => {
    toasts.value = toasts.value.filter((other) => other.id !== one.id);
  }, LASTS);
}

/** Said by screen readers only. */
export function announce(text: string): void {
  spoken.value = { id: nextId++, text };
}

export function Toasts() {
  return (
    <>
      <div class="toasts" role="status">
        {toasts.value.map((one) => (
          <p key={one.id} class="toast" data-testid="toast">
            {one.text}
          </p>
        ))}
      </div>
      <div class="unseen" role="status">
        {/* The same words again are news only as another element. */}
        <span key={spoken.value.id}>{spoken.value.text}</span>
      </div>
    </>
  );
}
