// What buttons and keys have in common.
import type { Call } from "../../call";
import { t } from "../../i18n/language";
import { toast } from "../kit/toasts";
import type { View } from "./view";

/** Starts or stops showing the screen; asks before taking another person's place. */
export function toggleShare(call: Call, view: View): void {
  if (call.state.screenOn.peek()) {
    void call.actions.setScreen(false);
  } else if (!navigator.mediaDevices?.getDisplayMedia) {
    toast(t("share.unsupported"));
  } else if (view.presenters.peek().length > 0) {
    view.window.value = "replace";
  } else {
    void call.actions.setScreen(true);
  }
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

/** Position 0 is oneself; the others count along the page of the grid. */
export function focusPerson(view: View, position: number): void {
  const first = view.page.peek() * view.pageSize.peek();
  const person = position === 0 ? view.own.peek() : view.arranged.peek()[first + position - 1];
  if (person) {
    view.pin(person.number);
  }
}
