// Draws components into a page as the interface does, for tests that press and look.
import { configure, screen } from "@testing-library/dom";
import userEvent from "@testing-library/user-event";
import { type ComponentChild, type ComponentChildren, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, vi } from "vitest";
import { setLanguage } from "../../src/i18n/language";
import { CallContext, createView, type View } from "../../src/ui/call/view";
import { PATIENCE } from "../patience";
import type { fakeCall } from "./fake-call";

export { screen, waitFor } from "@testing-library/dom";
export { act } from "preact/test-utils";

// What an event sets off is drawn before the test looks; what comes later has the time that a busy
// machine takes.
configure({
  testIdAttribute: "data-testid",
  asyncUtilTimeout: PATIENCE,
  eventWrapper: (press) => {
    let result: unknown;
    act(() => {
      result = press();
    });
    return result;
  },
});

const drawn: (() => void)[] = [];

beforeEach(() => setLanguage("ru"));

afterEach(() => {
  for (const undo of drawn.splice(0)) {
    undo();
  }
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

export const user = () => userEvent.setup();

export function mount(what: ComponentChild): void {
  const root = document.createElement("div");
  document.body.append(root);
  act(() => render(what, root));
  drawn.push(() => act(() => render(null, root)));
}

export type Fake = ReturnType<typeof fakeCall>;

/** Draws inside a call; the view is made as the call page makes it. */
export function mountIn(call: Fake, children: ComponentChildren): View {
  const view = createView(call);
  drawn.push(() => view.close());
  mount(<CallContext.Provider value={{ call, view }}>{children}</CallContext.Provider>);
  return view;
}

/** The words of all that has this role, in order. */
export function named(role: string): string[] {
  return screen
    .queryAllByRole(role)
    .map((one) => one.getAttribute("aria-label") ?? one.textContent?.trim() ?? "");
}
