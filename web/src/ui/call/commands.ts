// What buttons and keys do.
import { t } from "../../i18n/language";
import { announce, toast } from "../kit/toasts";
import { ReplaceWindow } from "./replace-window";
import type { Here, View } from "./view";

export function toggleMicrophone({ call }: Here): void {
  void call.actions.setMicrophone(!call.state.microphoneOn.peek());
}

export function toggleCamera({ call }: Here): void {
  void call.actions.setCamera(!call.state.cameraOn.peek());
}

/** Phones cannot, and then no control may promise it. */
export const canShare = (): boolean =>
  typeof navigator.mediaDevices?.getDisplayMedia === "function";

/** Starts or stops showing the screen; where another's is shown, a window says what is possible. */
export function toggleShare({ call, view }: Here): void {
  if (call.state.screenOn.peek()) {
    void call.actions.setScreen(false);
  } else if (view.presenters.peek().length > 0) {
    view.openWindow(ReplaceWindow);
  } else {
    void call.actions.setScreen(true);
  }
}

/** What is left and what is off is said at once, for it is seen only here and there. */
export function setWeakInternet({ call }: Pick<Here, "call">, on: boolean): void {
  const camera = on && call.state.cameraOn.peek();
  call.actions.setWeakInternet(on);
  toast(t(camera ? "weak_internet.on.camera" : on ? "weak_internet.on" : "weak_internet.off"));
}

export function toggleWeakInternet(here: Here): void {
  setWeakInternet(here, !here.call.state.weakInternet.peek());
}

export function isFullscreen(): boolean {
  return document.fullscreenElement !== null;
}

export function toggleFullscreen(): void {
  const change = isFullscreen()
    ? document.exitFullscreen()
    : document.documentElement.requestFullscreen();
  change.catch(() => {
    // Phones and embedded pages may refuse; the call stays as it is.
  });
}

export function toggleStrip({ view }: Here): void {
  view.stripHidden.value = !view.stripHidden.peek();
}

/** Position 0 is oneself; the others count along the page of the grid. */
export function focusPerson(view: View, position: number): void {
  const first = view.page.peek() * view.pageSize.peek();
  const person = position === 0 ? view.own.peek() : view.arranged.peek()[first + position - 1];
  if (person) {
    view.pin(person.number);
  }
}

/** Talking while a key is held, for whoever is muted. */
export const talk = {
  async begin({ call, view }: Here): Promise<void> {
    if (call.state.microphoneOn.peek()) {
      return;
    }
    view.talking.value = true;
    await call.actions.setMicrophone(true);
    // It may be refused, or let go meanwhile.
    if (view.talking.peek() && call.state.microphoneOn.peek()) {
      announce(t("announce.talking"));
    }
  },
  end({ call, view }: Here): void {
    if (view.talking.peek()) {
      view.talking.value = false;
      void call.actions.setMicrophone(false);
    }
  },
};
