import { expect, test, vi } from "vitest";
import type { Notice, Person } from "../../src/call";
import { Banners } from "../../src/ui/call/banners";
import { toggleShare } from "../../src/ui/call/commands";
import { Windows } from "../../src/ui/call/windows";
import { saidOnce } from "../../src/ui/notice-text";
import { classOf, fakeCall } from "./fake-call";
import { act, mountIn, screen, user } from "./mount";

/** A call in which number 2 shows a screen. */
function shown(by: Partial<Person>, own: "participant" | "host" = "participant") {
  const people = classOf(3, own).map((one) =>
    one.number === 2 ? { ...one, screen: true, name: "Пётр", ...by } : one,
  );
  return fakeCall(people);
}

test("taking another pupil's place is asked first", async () => {
  const call = shown({});
  const view = mountIn(call, <Windows />);
  act(() => toggleShare({ call, view }));
  expect(screen.getByRole("dialog").textContent).toContain("Пётр");
  expect(call.actions.setScreen).not.toHaveBeenCalled();
  await user().click(screen.getByTestId("replace-yes"));
  expect(call.actions.setScreen).toHaveBeenCalledWith(true);
});

test("nothing promises a pupil the place of a moderator, whose it stays", () => {
  const call = shown({ role: "host" });
  const view = mountIn(call, <Windows />);
  act(() => toggleShare({ call, view }));
  expect(screen.queryByTestId("replace-yes")).toBeNull();
  expect(screen.getByRole("dialog").textContent).toContain(
    "Сейчас экран показывает Пётр. Ваш можно показать после.",
  );
});

test("a moderator may take any place", () => {
  const call = shown({ role: "co_admin" }, "host");
  const view = mountIn(call, <Windows />);
  act(() => toggleShare({ call, view }));
  expect(screen.getByTestId("replace-yes")).toBeTruthy();
});

test("the window follows what happens while it is open", () => {
  const call = shown({});
  const view = mountIn(call, <Windows />);
  act(() => toggleShare({ call, view }));
  const others = (traits: Partial<Person>) => {
    call.state.people.value = classOf(3).map((one) =>
      one.number === 3 ? { ...one, ...traits } : one,
    );
  };
  act(() => others({ screen: true, role: "host" }));
  expect(screen.queryByTestId("replace-yes")).toBeNull();
  act(() => others({ screen: false }));
  expect(screen.getByRole("dialog").textContent).toContain("Показ закончился");
  expect(screen.getByTestId("replace-yes")).toBeTruthy();
});

test("a replaced presenter is told by whom", () => {
  const call = shown({});
  mountIn(call, <Banners />);
  act(() => {
    call.state.notices.value = [{ kind: "screen_replaced", by: 2 }];
  });
  expect(screen.getByTestId("banner-screen_replaced").textContent).toContain(
    "теперь экран показывает Пётр",
  );
});

test("a refused screen says whose stays, by name if it is known", () => {
  const call = shown({ role: "host" });
  mountIn(call, <Banners />);
  const refused = (by: number): Notice => ({
    kind: "refused",
    failure: { code: "screen_taken", message: "a moderator is sharing", details: { by } },
  });
  act(() => {
    call.state.notices.value = [refused(2)];
  });
  expect(screen.getByTestId("banner-refused").textContent).toContain("показывает Пётр");
  act(() => {
    call.state.notices.value = [refused(77)];
  });
  expect(screen.getByTestId("banner-refused").textContent).toContain("показывает ведущий");
});

test("what happened to one microphone is said once, the last of it", () => {
  const lost: Notice = { kind: "device_lost", device: "microphone" };
  const missing: Notice = { kind: "no_device", device: "microphone" };
  const unheard: Notice = { kind: "muted_speaking" };
  const camera: Notice = { kind: "device_lost", device: "camera" };
  expect(saidOnce([lost, camera, missing, unheard])).toEqual([camera, missing]);
  expect(saidOnce([unheard, lost])).toEqual([lost]);
  expect(saidOnce([unheard])).toEqual([unheard]);
  expect(saidOnce([{ kind: "udp_blocked" }, { kind: "udp_blocked" }])).toHaveLength(2);
});

test("pupils are told when the last moderator leaves, until one is back", async () => {
  const call = fakeCall(classOf(4).map((one) => (one.number < 4 ? one : { ...one, role: "host" })));
  mountIn(call, <Banners />);
  expect(screen.queryByTestId("banner-moderator_left")).toBeNull();
  const everybody = call.state.people.value;
  act(() => {
    call.state.people.value = everybody.filter((one) => one.role !== "host");
  });
  expect(screen.getByTestId("banner-moderator_left").textContent).toContain("Ведущий вышел");
  act(() => {
    call.state.people.value = everybody;
  });
  expect(screen.queryByTestId("banner-moderator_left")).toBeNull();
  act(() => {
    call.state.people.value = everybody.filter((one) => one.role !== "host");
  });
  await user().click(screen.getByRole("button", { name: "Убрать сообщение" }));
  expect(screen.queryByTestId("banner-moderator_left")).toBeNull();
});

test("a lesson that has not begun misses no moderator", () => {
  mountIn(fakeCall(classOf(4)), <Banners />);
  expect(screen.queryByTestId("banner-moderator_left")).toBeNull();
});

test("dismissing a notice goes to the engine", async () => {
  const call = fakeCall();
  call.state.notices.value = [{ kind: "muted_speaking" }];
  mountIn(call, <Banners />);
  await user().click(screen.getByRole("button", { name: "Включить" }));
  expect(call.actions.setMicrophone).toHaveBeenCalledWith(true);
  expect(vi.mocked(call.actions.dismiss)).toHaveBeenCalledWith({ kind: "muted_speaking" });
});
