// Which buttons the toolbar has room for. What does not fit moves into «More».

export const OPTIONAL = ["share", "participants", "layout"] as const;
export type Optional = (typeof OPTIONAL)[number];

const BUTTON = 48;
const GAP = 8;
/** The arrow beside the microphone and the camera. */
const ARROW = 44;
/** Microphone, camera, more and leave are always there. */
const ALWAYS = 4;

export interface Fit {
  readonly arrows: boolean;
  readonly shown: readonly Optional[];
}

/** What fits into `width` CSS pixels; drops from the right, the device arrows first. */
export function fitToolbar(width: number): Fit {
  const room = (buttons: number) => buttons * BUTTON + (buttons - 1) * GAP;
  const arrows = width >= room(ALWAYS + OPTIONAL.length) + 2 * ARROW;
  let count = OPTIONAL.length as number;
  while (count > 0 && room(ALWAYS + count) > width) {
    count--;
  }
  return { arrows, shown: OPTIONAL.slice(0, count) };
}
