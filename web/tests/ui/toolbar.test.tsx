import { expect, test, vi } from "vitest";
import { keysOf } from "../../src/ui/call/keys";
import { Toolbar } from "../../src/ui/call/toolbar";
import { tools } from "../../src/ui/call/tools";
import { useShortcuts } from "../../src/ui/call/use-shortcuts";
import { useCall } from "../../src/ui/call/view";
import { Windows } from "../../src/ui/call/windows";
import { classOf, fakeCall } from "./fake-call";
import { act, mountIn, named, screen, user } from "./mount";

function withSharing(supported: boolean): void {
  const devices = supported ? { getDisplayMedia: () => undefined } : {};
  vi.stubGlobal("navigator", Object.assign(Object.create(navigator), { mediaDevices: devices }));
}

function Keys() {
  const { call, view } = useCall();
  useShortcuts(call, view);
  return null;
}

test("no two tools share a name or a key", () => {
  const call = fakeCall();
  const view = mountIn(call, null);
  const keys = keysOf({ call, view }).flatMap((entry) => entry.keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(new Set(tools.map((tool) => tool.id)).size).toBe(tools.length);
});

test("the buttons switch what they name and say the other thing then", async () => {
  const call = fakeCall();
  mountIn(call, <Toolbar />);
  await user().click(screen.getByRole("button", { name: "Включить микрофон" }));
  expect(call.actions.setMicrophone).toHaveBeenCalledWith(true);
  act(() => {
    call.state.microphoneOn.value = true;
  });
  await user().click(screen.getByRole("button", { name: "Выключить микрофон" }));
  expect(call.actions.setMicrophone).toHaveBeenLastCalledWith(false);
});

test("what has no room is in «More»", async () => {
  // There is no room at all: nothing is laid out here.
  withSharing(true);
  const call = fakeCall();
  mountIn(call, <Toolbar />);
  expect(named("button")).toEqual(["Включить микрофон", "Включить камеру", "Ещё", "Выйти"]);
  await user().click(screen.getByTestId("more"));
  expect(screen.getByRole("menuitem", { name: /Показать экран/ })).toBeTruthy();
  expect(screen.getByRole("menuitem", { name: /Участники/ })).toBeTruthy();
  expect(screen.getByRole("menuitemradio", { name: /^Сетка/ })).toBeTruthy();
});

test("nothing offers to share where the browser cannot", async () => {
  withSharing(false);
  const call = fakeCall();
  const view = mountIn(
    call,
    <>
      <Toolbar />
      <Keys />
    </>,
  );
  await user().click(screen.getByTestId("more"));
  expect(screen.queryByText("Показать экран")).toBeNull();
  expect(keysOf({ call, view }).some((entry) => entry.keys.includes("D"))).toBe(false);
  await user().keyboard("d");
  expect(call.actions.setScreen).not.toHaveBeenCalled();
});

test("participants leave at once", async () => {
  const guest = fakeCall();
  mountIn(guest, <Toolbar />);
  await user().click(screen.getByTestId("leave"));
  expect(guest.actions.leave).toHaveBeenCalledOnce();
});

test("ending for all is asked first", async () => {
  const call = fakeCall(classOf(3, "host"));
  mountIn(
    call,
    <>
      <Toolbar />
      <Windows />
    </>,
  );
  await user().click(screen.getByTestId("leave"));
  await user().click(screen.getByTestId("leave-all"));
  expect(call.actions.say).not.toHaveBeenCalled();
  await user().click(screen.getByTestId("end-yes"));
  expect(call.actions.say).toHaveBeenCalledExactlyOnceWith({ type: "end" });
});

test("the space bar talks while it is held, and letting the window go mutes too", async () => {
  const call = fakeCall();
  const view = mountIn(call, <Keys />);
  const keyboard = user();
  await keyboard.keyboard("[Space>]");
  expect(call.actions.setMicrophone).toHaveBeenLastCalledWith(true);
  expect(view.talking.value).toBe(true);
  await keyboard.keyboard("[/Space]");
  expect(call.actions.setMicrophone).toHaveBeenLastCalledWith(false);
  await keyboard.keyboard("[Space>]");
  window.dispatchEvent(new Event("blur"));
  expect(call.actions.setMicrophone).toHaveBeenLastCalledWith(false);
  expect(call.actions.setMicrophone).toHaveBeenCalledTimes(4);
});

test("whoever is heard already is not muted by the space bar", async () => {
  const call = fakeCall();
  call.state.microphoneOn.value = true;
  mountIn(call, <Keys />);
  await user().keyboard(" ");
  expect(call.actions.setMicrophone).not.toHaveBeenCalled();
});

test("no key does anything while a window is open or a field is written in", async () => {
  const call = fakeCall();
  const view = mountIn(
    call,
    <>
      <Keys />
      <input aria-label="поле" />
    </>,
  );
  await user().type(screen.getByLabelText("поле"), "mv");
  expect(call.actions.setMicrophone).not.toHaveBeenCalled();
  act(() => (document.activeElement as HTMLElement).blur());
  view.openWindow(() => null);
  await user().keyboard("m");
  expect(call.actions.setMicrophone).not.toHaveBeenCalled();
  view.closeWindow();
  await user().keyboard("m");
  expect(call.actions.setMicrophone).toHaveBeenCalledWith(true);
});

test("the list of keys names every key there is", async () => {
  const call = fakeCall();
  const view = mountIn(
    call,
    <>
      <Keys />
      <Windows />
    </>,
  );
  await user().keyboard("?");
  const window = screen.getByRole("dialog", { name: "Горячие клавиши" });
  for (const entry of keysOf({ call, view })) {
    expect(window.textContent).toContain(entry.shown);
  }
});
