import { initials, tint } from "./initials";

interface Props {
  readonly name: string;
  readonly number: number;
}

/** Initials in the person's colour; the name beside it is what screen readers read. */
export function Avatar({ name, number }: Props) {
  return (
    <span class={`avatar tint-${tint(number)}`} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
