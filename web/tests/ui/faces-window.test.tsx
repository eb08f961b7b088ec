import { expect, test, vi } from "vitest";
import { FacesWindow } from "../../src/ui/call/faces-window";
import { fakeCall } from "./fake-call";
import { act, mountIn } from "./mount";

/** An ordinary window, as browsers open it that have none above the others. */
function opened() {
  const target = Object.assign(new EventTarget(), {
    document: document.implementation.createHTMLDocument(),
    innerWidth: 320,
    innerHeight: 560,
    devicePixelRatio: 1,
    close: vi.fn(),
  });
  const view = mountIn(fakeCall(), <FacesWindow />);
  act(() => {
    view.faces.value = target as unknown as Window;
  });
  return { target, view };
}

test("the window goes with the page: afterwards nothing is drawn or heard any more", () => {
  const { target } = opened();
  expect(target.document.querySelector("[data-testid=faces]")).not.toBeNull();
  window.dispatchEvent(new Event("pagehide"));
  expect(target.close).toHaveBeenCalled();
});

test("a window that was closed by itself is forgotten", () => {
  const { target, view } = opened();
  act(() => {
    target.dispatchEvent(new Event("pagehide"));
  });
  expect(view.faces.value).toBeNull();
});
