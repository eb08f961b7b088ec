// How many buttons the toolbar has room for. What does not fit moves into «More».

const BUTTON = 48;
const GAP = 8;
/** The arrow beside the microphone and the camera. */
const ARROW = 44;
/** Microphone, camera, more and leave are always there. */
const ALWAYS = 4;

export interface Fit {
  readonly arrows: boolean;
  /** of the optional buttons, from the left */
  readonly shown: number;
}

/** What fits into `width` CSS pixels; drops from the right, the device arrows first. */
export function fitToolbar(width: number, optional: number): Fit {
  const room = (buttons: number) => buttons * BUTTON + (buttons - 1) * GAP;
  const arrows = width >= room(ALWAYS + optional) + 2 * ARROW;
  let shown = optional;
  while (shown > 0 && room(ALWAYS + shown) > width) {
    shown--;
  }
  return { arrows, shown };
}
