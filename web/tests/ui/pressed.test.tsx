import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Call } from "../../src/call";
import { CallPage } from "../../src/ui/call/call-page";
import { announce, Toasts } from "../../src/ui/kit/toasts";
import { classOf, fakeCall } from "./fake-call";
import { act, mount, screen, user } from "./mount";

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1280);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function draw(call = fakeCall(classOf(29, "host"))): HTMLElement {
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

// With a modifier down the space bar has no name; macOS tells of no key that is let go while Cmd is held.
test.each(["{Control>}{/ }", "{Alt>}{/ }{/Alt}", "{Meta>}"])(
  "a modifier does not leave the microphone open that the space bar has opened: %s",
  async (rest) => {
    const call = fakeCall(classOf(3));
    draw(call);
    const keys = user();
    await keys.keyboard("{ >}");
    expect(call.actions.setMicrophone).toHaveBeenLastCalledWith(true);
    await keys.keyboard(rest);
    expect(call.actions.setMicrophone).toHaveBeenLastCalledWith(false);
  },
);

test.each([
  ["on, when it is", true],
  ["nothing, when it is refused", false],
])("whoever holds the space bar is told of the microphone: %s", async (_, allowed) => {
  const call = fakeCall(classOf(3));
  let open = () => {};
  call.actions.setMicrophone.mockImplementation(
    () =>
      new Promise((resolve) => {
        open = () => {
          call.state.microphoneOn.value = allowed;
          resolve(undefined);
        };
      }),
  );
  draw(call);
  mount(<Toasts />);
  act(() => announce(""));
  const said = () => screen.queryByText(/микрофон включён/);
  const keys = user();
  await keys.keyboard("{ >}");
  expect(said()).toBeNull();
  await act(async () => open());
  expect(said() !== null).toBe(allowed);
});

test("a modifier whose own press was not seen does not hide that the space bar is let go", () => {
  const call = fakeCall(classOf(3));
  const stage = draw(call);
  const tell = (type: string, ctrlKey: boolean) =>
    stage.dispatchEvent(
      new KeyboardEvent(type, { code: "Space", key: " ", ctrlKey, bubbles: true }),
    );
  tell("keydown", false);
  expect(call.actions.setMicrophone).toHaveBeenLastCalledWith(true);
  tell("keyup", true);
  expect(call.actions.setMicrophone).toHaveBeenLastCalledWith(false);
});
