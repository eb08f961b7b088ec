// A window of its own with faces, for whoever looks at something else: a teacher who shows a screen.
// Where the browser can, it stays above other windows; elsewhere it is an ordinary small window.
import { t } from "../../i18n/language";
import { toast } from "../kit/toasts";
import { type Here, isOver } from "./view";

interface DocumentPictureInPicture {
  requestWindow(size: { width: number; height: number }): Promise<Window>;
}

declare global {
  interface Window {
    /** Chromium's; https://wicg.github.io/document-picture-in-picture/ */
    readonly documentPictureInPicture?: DocumentPictureInPicture;
  }
}

const SIZE = { width: 320, height: 560 };

/** Phones have no windows beside each other. */
export const canOpenFaces = (): boolean =>
  window.documentPictureInPicture !== undefined || !matchMedia("(pointer: coarse)").matches;

async function open(): Promise<Window | null> {
  if (window.documentPictureInPicture) {
    return window.documentPictureInPicture.requestWindow(SIZE);
  }
  const { width, height } = SIZE;
  const opened = window.open("", "zvonok-faces", `popup,width=${width},height=${height}`);
  toast(t(opened ? "faces.not_on_top" : "faces.blocked"));
  return opened;
}

/** Must come from a press: browsers open windows for nothing else. */
export async function openFaces(here: Here): Promise<void> {
  if (here.view.faces.peek()) {
    return;
  }
  try {
    const opened = await open();
    // The browser takes its time, and nobody would draw into a window that comes after the call.
    if (isOver(here)) {
      opened?.close();
    } else {
      here.view.faces.value = opened;
    }
  } catch {
    toast(t("faces.blocked"));
  }
}

export async function toggleFaces(here: Here): Promise<void> {
  if (here.view.faces.peek()) {
    here.view.faces.value = null;
  } else {
    await openFaces(here);
  }
}

/** People of the window in pages of `size`; whoever speaks is on the first of them. */
export function facesFirst<T extends { readonly number: number }>(
  people: readonly T[],
  size: number,
  speaker: number | null,
): readonly T[] {
  const from = people.findIndex((person) => person.number === speaker);
  if (from < size || size < 1) {
    return people;
  }
  const moved = [...people];
  const last = size - 1;
  [moved[last], moved[from]] = [people[from] as T, people[last] as T];
  return moved;
}
