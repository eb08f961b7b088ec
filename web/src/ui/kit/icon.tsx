import * as icons from "./icons";

export type IconName = keyof typeof icons;

/** All of them are wanted, by names that are only known later. */
const drawings: Readonly<Record<IconName, string>> = { ...icons };

const bare = (drawing: string) => drawing.replace(/<!--.*?-->/s, "").trim();

/** Decoration only: what the icon means is said by the element around it. */
export function Icon({ name }: { name: IconName }) {
  return (
    <span
      class="icon"
      aria-hidden="true"
      dangerouslySetInnerHTML={{ __html: bare(drawings[name]) }}
    />
  );
}
