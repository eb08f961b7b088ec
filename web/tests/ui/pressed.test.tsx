import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Call } from "../../src/call";
import { CallPage } from "../../src/ui/call/call-page";
import { classOf, fakeCall } from "./fake-call";
import { mount, screen, user } from "./mount";

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1280);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function draw(): HTMLElement {
  const call = fakeCall(classOf(29, "host"));
  mount(<CallPage call={call as unknown as Call} onOver={() => undefined} />);
  const stage = screen.getByRole("main");
  stage.focus();
  return stage;
}

test.each(["more", "microphone-devices", "page-next", "participants"])(
  "a press with the mouse on «%s» leaves the space bar for talking",
  async (pressed) => {
    const stage = draw();
    const mouse = user();
    await mouse.click(screen.getByTestId(pressed));
    await mouse.keyboard("{Escape}");
    expect(document.activeElement).toBe(stage);
  },
);

test("a menu opened with the mouse chooses nothing yet, wherever the focus was", async () => {
  draw();
  const mouse = user();
  screen.getByTestId("more").focus();
  await mouse.click(screen.getByTestId("layout"));
  expect(document.activeElement).toBe(screen.getByRole("menu"));
});
