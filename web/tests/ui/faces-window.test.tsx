import { describe, expect, test, vi } from "vitest";
import { openFaces } from "../../src/ui/call/faces";
import { FacesWindow } from "../../src/ui/call/faces-window";
import { fakeCall } from "./fake-call";
import { act, mountIn } from "./mount";

/** An ordinary window, as browsers open it that have none above the others. */
function ordinary() {
  return Object.assign(new EventTarget(), {
    document: document.implementation.createHTMLDocument(),
    innerWidth: 320,
    innerHeight: 560,
    devicePixelRatio: 1,
    close: vi.fn(),
  });
}

function opened() {
  const target = ordinary();
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

describe("a window for which the browser takes its time", () => {
  const asked = () => {
    const target = ordinary();
    let give = () => {};
    const requestWindow = vi.fn(
      () =>
        new Promise((resolve) => {
          give = () => resolve(target);
        }),
    );
    vi.stubGlobal("documentPictureInPicture", { requestWindow });
    const call = fakeCall();
    const view = mountIn(call, <FacesWindow />);
    const opening = openFaces({ call, view });
    const come = () =>
      act(async () => {
        give();
        await opening;
      });
    return { target, call, view, come, requestWindow };
  };

  test("is there when it comes, and not asked for again", async () => {
    const { target, call, view, come, requestWindow } = asked();
    await come();
    await openFaces({ call, view });
    expect(requestWindow).toHaveBeenCalledOnce();
    expect(view.faces.value).toBe(target);
    expect(target.close).not.toHaveBeenCalled();
  });

  test.each(["left", "ended", "refused"] as const)(
    "is closed when it comes after the call is over: %s",
    async (how) => {
      const { target, call, view, come } = asked();
      call.state.phase.value = how;
      await come();
      expect(view.faces.value).toBeNull();
      expect(target.close).toHaveBeenCalled();
    },
  );
});

test("a window that was closed by itself is forgotten", () => {
  const { target, view } = opened();
  act(() => {
    target.dispatchEvent(new Event("pagehide"));
  });
  expect(view.faces.value).toBeNull();
});
