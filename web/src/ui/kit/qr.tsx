import { encode } from "uqr";

interface Props {
  readonly text: string;
  readonly label: string;
}

/** A QR code, drawn here: nothing is asked of another host. */
export function Qr({ text, label }: Props) {
  const { data, size } = encode(text, { ecc: "M", border: 2 });
  const path = data
    .flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")))
    .join("");
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label}>
      <rect width={size} height={size} class="qr-paper" />
      <path d={path} class="qr-ink" shape-rendering="crispEdges" />
    </svg>
  );
}
