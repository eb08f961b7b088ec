import { expect, test } from "vitest";
import { CallPage } from "../../src/ui/call/call-page";
import { Toolbar } from "../../src/ui/call/toolbar";
import { Windows } from "../../src/ui/call/windows";
import { classOf, fakeCall } from "./fake-call";
import { act, mount, mountIn, screen, user } from "./mount";

function draw() {
  return mountIn(
    fakeCall(classOf(3, "host")),
    <>
      <Toolbar />
      <Windows />
    </>,
  );
}

test.each([
  ["more", "settings"],
  ["more", "statistics"],
  ["more", "shortcuts"],
  ["leave", "leave-all"],
])("the focus comes back to «%s» after a window from its menu (%s)", async (opener, item) => {
  const view = draw();
  const keyboard = user();
  screen.getByTestId(opener).focus();
  await keyboard.keyboard("{Enter}");
  screen.getByTestId(item).focus();
  await keyboard.keyboard("{Enter}");
  await screen.findByRole("dialog");
  await keyboard.click(screen.getByRole("button", { name: "Закрыть" }));
  expect(view.window.value).toBeNull();
  expect(document.activeElement).toBe(screen.getByTestId(opener));
});

test("the focus goes to the stage after a window whose opener is gone", async () => {
  const call = fakeCall();
  call.state.notices.value = [{ kind: "device_lost", device: "microphone" }];
  mount(<CallPage call={call} onOver={() => undefined} />);
  const keyboard = user();
  screen.getByRole("button", { name: "Устройства" }).focus();
  await keyboard.keyboard("{Enter}");
  await screen.findByTestId("settings-window");
  act(() => {
    call.state.notices.value = [];
  });
  await keyboard.click(screen.getByRole("button", { name: "Закрыть" }));
  expect(screen.queryByTestId("settings-window")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("main"));
});

test("arrows walk through a menu and Escape closes it", async () => {
  draw();
  const keyboard = user();
  screen.getByTestId("leave").focus();
  await keyboard.keyboard("{Enter}{ArrowDown}");
  expect(screen.getByRole("menu").contains(document.activeElement)).toBe(true);
  await keyboard.keyboard("{Escape}");
  expect(screen.queryByRole("menu")).toBeNull();
  expect(document.activeElement).toBe(screen.getByTestId("leave"));
});
