import { afterEach, expect, test, vi } from "vitest";
import { type Notice, RequestFailed } from "../../src/call";
import { Alone } from "../../src/ui/call/alone";
import { InvitePanel } from "../../src/ui/call/invite-panel";
import { PeoplePanel } from "../../src/ui/call/people-panel";
import { SettingsWindow } from "../../src/ui/call/settings-window";
import { singleKeysOff } from "../../src/ui/call/single-keys";
import { Sound } from "../../src/ui/call/sound";
import { StatisticsWindow } from "../../src/ui/call/statistics-window";
import { useCall } from "../../src/ui/call/view";
import { Troubles } from "../../src/ui/prejoin/troubles";
import { classOf, fakeCall, fakeLocal, person } from "./fake-call";
import { act, mount, mountIn, named, screen, user, waitFor } from "./mount";

const nothing = (): void => undefined;

afterEach(() => vi.useRealTimers());

test("the participants are searched here while the call is known whole", async () => {
  const call = fakeCall([...classOf(2), person(9, { name: "Ёлкина Анна" })]);
  mountIn(call, <PeoplePanel />);
  expect(screen.getByTestId("people-panel-count").textContent).toBe("3");
  expect(screen.getAllByTestId("person")).toHaveLength(3);
  await user().type(screen.getByTestId("people-search"), "елк");
  expect(screen.getAllByTestId("person")).toHaveLength(1);
  expect(screen.getByText("Найден 1")).toBeTruthy();
  await user().type(screen.getByTestId("people-search"), "ъ");
  expect(screen.getByText("Никого не нашли")).toBeTruthy();
  expect(call.actions.search).not.toHaveBeenCalled();
});

test("a large call is searched by the server, and says when that fails", async () => {
  const call = fakeCall(classOf(2));
  call.state.total.value = 2000;
  call.actions.search.mockRejectedValue(new Error("unreachable"));
  mountIn(call, <PeoplePanel />);
  await waitFor(() => expect(call.actions.search).toHaveBeenCalledWith("", 0));
  expect(await screen.findByText("Список не загрузился. Попробуйте ещё раз.")).toBeTruthy();
});

// The server takes 30 messages a second from a page.
test("who scrolls through a large call asks for each stretch of it once", async () => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(560);
  const call = fakeCall(classOf(2));
  call.state.total.value = 2000;
  const answer = { total: 2000, people: [] };
  call.actions.search.mockImplementation((_query, offset) =>
    offset === 0 ? Promise.resolve(answer) : new Promise(() => undefined),
  );
  mountIn(call, <PeoplePanel />);
  await vi.waitFor(() => expect(call.actions.search).toHaveBeenCalled());
  const list = await screen.findByTestId("people-list");
  for (let row = 0; row < 500; row += 5) {
    await act(async () => {
      list.scrollTop = row * 56;
      list.dispatchEvent(new Event("scroll"));
    });
  }
  const offsets = call.actions.search.mock.calls.map(([, offset]) => offset);
  expect(offsets.length).toBeLessThanOrEqual(12);
  expect(new Set(offsets).size).toBe(offsets.length);
  expect(Math.max(...offsets)).toBeGreaterThan(400);
  vi.restoreAllMocks();
});

test("what the server refuses is asked again after a while, not again and again", async () => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(560);
  const call = fakeCall(classOf(2));
  call.state.total.value = 2000;
  const people = Array.from({ length: 50 }, (_, at) => person(at + 10));
  call.actions.search.mockResolvedValueOnce({ total: 2000, people });
  call.actions.search.mockRejectedValue(new Error("rate_limited"));
  mountIn(call, <PeoplePanel />);
  const list = await screen.findByTestId("people-list");
  await vi.waitFor(() => expect(screen.queryAllByTestId("person").length).toBeGreaterThan(0));
  vi.useFakeTimers();
  await act(async () => {
    list.scrollTop = 1000 * 56;
    list.dispatchEvent(new Event("scroll"));
  });
  const asked = () => call.actions.search.mock.calls.length - 1;
  const settled = async () => {
    for (let turn = 0; turn < 20; turn += 1) await act(async () => undefined);
  };
  await settled();
  const first = asked();
  expect(first).toBeLessThanOrEqual(2);
  call.actions.search.mockResolvedValue({ total: 2000, people });
  await act(async () => {
    await vi.advanceTimersByTimeAsync(5_000);
  });
  await settled();
  expect(asked()).toBeGreaterThan(first);
  expect(screen.getAllByTestId("person").length).toBeGreaterThan(0);
  vi.restoreAllMocks();
});

test("a question that fails late says nothing of the answer to the next one", async () => {
  const call = fakeCall(classOf(2));
  call.state.total.value = 2000;
  let fail = (_: Error) => {};
  call.actions.search.mockImplementation((query) =>
    query === ""
      ? new Promise((_, reject) => {
          fail = reject;
        })
      : Promise.resolve({ total: 1, people: [person(9, { name: "Ёлкина Анна" })] }),
  );
  mountIn(call, <PeoplePanel />);
  await vi.waitFor(() => expect(call.actions.search).toHaveBeenCalledWith("", 0));
  await user().type(screen.getByTestId("people-search"), "елк");
  expect(await screen.findByText("Найден 1")).toBeTruthy();
  await act(async () => fail(new Error("unreachable")));
  expect(screen.getByText("Найден 1")).toBeTruthy();
});

function OpenPanel() {
  const Panel = useCall().view.panel.value;
  return Panel && <Panel />;
}

test("Escape closes a panel and the focus goes back", async () => {
  const opener = document.createElement("button");
  document.body.append(opener);
  const view = mountIn(fakeCall(), <OpenPanel />);
  opener.focus();
  act(() => view.openPanel(PeoplePanel));
  await waitFor(() => expect(document.activeElement?.tagName).toBe("H2"));
  await user().keyboard("{Escape}");
  expect(screen.queryByTestId("people-panel")).toBeNull();
  expect(document.activeElement).toBe(opener);
});

test("moderators can pass the link on, close it and make another", async () => {
  const call = fakeCall();
  mountIn(call, <InvitePanel />);
  expect(screen.queryByTestId("invite-panel")).toBeNull();
  act(() => {
    call.state.role.value = "host";
    call.state.invitation.value = "classlinkclasslink";
  });
  expect(screen.getByTestId("invite-link")).toHaveProperty(
    "value",
    expect.stringContaining("/j/classlinkclasslink"),
  );
  call.actions.closeLinks.mockRejectedValueOnce(new Error("no line"));
  await user().click(screen.getByTestId("invite-close"));
  expect(screen.getByRole("alert")).toBeTruthy();
  call.actions.closeLinks.mockImplementation(async () => {
    call.state.invitation.value = null;
  });
  await user().click(screen.getByTestId("invite-close"));
  expect(screen.queryByTestId("invite-link")).toBeNull();
  await user().click(screen.getByTestId("invite-new"));
  expect(call.actions.makeLink).toHaveBeenCalledOnce();
});

test("what another moderator did to the link is seen, also while the panel is open", async () => {
  vi.useFakeTimers();
  const call = fakeCall(classOf(2, "host"));
  const now = (token: string | null) =>
    call.actions.lookForLink.mockImplementation(async () => {
      call.state.invitation.value = token;
    });
  const later = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
  call.state.invitation.value = "closedclosedclosed";
  now(null);
  const view = mountIn(call, <OpenPanel />);
  act(() => view.openPanel(InvitePanel));
  await later(0);
  expect(screen.queryByTestId("invite-link")).toBeNull();
  expect(screen.getByRole("status").textContent).toContain("Вход по ссылке закрыт");
  now("anotheranotheranother");
  await later(10_000);
  expect(screen.getByTestId("invite-link")).toHaveProperty(
    "value",
    expect.stringContaining("/j/anotheranotheranother"),
  );
  // Without an answer what was known last stays.
  call.actions.lookForLink.mockRejectedValue(new Error("no line"));
  await later(10_000);
  expect(screen.getByTestId("invite-link")).toBeTruthy();
  act(() => view.closePanel());
  const asked = call.actions.lookForLink.mock.calls.length;
  await later(60_000);
  expect(call.actions.lookForLink).toHaveBeenCalledTimes(asked);
});

test("nothing is asked of the link while the line is cut: what hangs would be in the way of the return", async () => {
  vi.useFakeTimers();
  const call = fakeCall(classOf(2, "host"));
  const later = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));
  call.state.phase.value = "reconnecting";
  mountIn(call, <InvitePanel />);
  await later(60_000);
  expect(call.actions.lookForLink).not.toHaveBeenCalled();
  call.state.phase.value = "connected";
  await later(10_000);
  expect(call.actions.lookForLink).toHaveBeenCalledOnce();
});

test("a pupil's page asks nothing of links", () => {
  const call = fakeCall();
  mountIn(call, <InvitePanel />);
  expect(call.actions.lookForLink).not.toHaveBeenCalled();
});

test("who comes to an empty lesson may invite, also when the link was closed", () => {
  const call = fakeCall(classOf(1, "host"));
  mountIn(call, <Alone bottom={null} />);
  expect(screen.getByRole("button", { name: "Пригласить" })).toBeTruthy();
});

test("a refusal by the link's door says why, in words for who is inside", async () => {
  const call = fakeCall(classOf(2, "host"));
  mountIn(call, <InvitePanel />);
  const said = async (code: string, details = {}) => {
    call.actions.makeLink.mockRejectedValueOnce(
      new RequestFailed(400, { code, message: "", details }),
    );
    await user().click(screen.getByTestId("invite-new"));
    return screen.getByRole("alert").textContent;
  };
  expect(await said("link_revoked")).toContain("Ссылку, по которой вы вошли, закрыли");
  expect(await said("too_many_links", { limit: 1000 })).toContain("уже 1000, больше нельзя");
  expect(await said("unreachable")).toBe(
    "Нет связи с сервером. Проверьте подключение и попробуйте ещё раз.",
  );
  expect(await said("code_of_next_year")).toBe("Не получилось. Попробуйте ещё раз.");
});

test("a refusal goes when the button has come to do the opposite: who tries again would undo it", async () => {
  const call = fakeCall(classOf(2, "host"));
  mountIn(call, <InvitePanel />);
  call.actions.makeLink.mockRejectedValueOnce(new Error("the reply got lost"));
  await user().click(screen.getByTestId("invite-new"));
  expect(named("alert")).toHaveLength(1);
  // A look finds the link that was made all the same.
  act(() => {
    call.state.invitation.value = "madeallthesame";
  });
  expect(named("alert")).toEqual([]);
});

test("a key that is held down moves on from the link's button", () => {
  mountIn(fakeCall(classOf(2, "host")), <InvitePanel />);
  const held = (key: string) =>
    new KeyboardEvent("keydown", { key, repeat: true, bubbles: true, cancelable: true });
  const door = screen.getByTestId("invite-new");
  expect(["Tab", "ArrowDown", "Enter"].map((key) => door.dispatchEvent(held(key)))).toEqual([
    true,
    true,
    false,
  ]);
});

test("who closes or makes the link by the keyboard keeps the focus and hears what holds", async () => {
  const call = fakeCall();
  call.state.role.value = "host";
  call.state.invitation.value = "classlinkclasslink";
  mountIn(call, <InvitePanel />);
  const said = screen.getByRole("status");
  let answer = nothing;
  call.actions.closeLinks.mockReturnValue(
    new Promise((resolve) => {
      answer = () => resolve(undefined);
    }),
  );
  screen.getByTestId("invite-close").focus();
  await user().keyboard("{Enter>5/}");
  expect(call.actions.closeLinks).toHaveBeenCalledOnce();
  expect(document.activeElement).toBe(screen.getByTestId("invite-close"));
  await act(async () => {
    call.state.invitation.value = null;
    answer();
  });
  // A key that is held down must not open again what it closed.
  await user().keyboard("{Enter>5/}");
  expect(call.actions.makeLink).toHaveBeenCalledOnce();
  expect(document.activeElement).toBe(screen.getByTestId("invite-new"));
  expect(screen.getByRole("status")).toBe(said);
  expect(said.textContent).toContain("Вход по ссылке закрыт");
});

test("the settings choose devices and turn single keys off", async () => {
  const call = fakeCall();
  mountIn(call, <SettingsWindow onClose={nothing} />);
  await user().selectOptions(screen.getByTestId("settings-microphone"), "m2");
  expect(call.actions.useMicrophone).toHaveBeenCalledWith("m2");
  await user().click(screen.getByRole("checkbox"));
  expect(singleKeysOff()).toBe(true);
  await user().click(screen.getByRole("checkbox"));
  expect(singleKeysOff()).toBe(false);
});

test("the statistics say what is not known", () => {
  mountIn(fakeCall(), <StatisticsWindow onClose={nothing} />);
  expect(screen.getByText("Размер вашего видео")).toBeTruthy();
  expect(screen.getAllByText("нет данных").length).toBeGreaterThan(3);
});

test("sound that the browser holds back is asked for with one button", async () => {
  const call = fakeCall();
  const play = vi
    .spyOn(HTMLMediaElement.prototype, "play")
    .mockRejectedValueOnce(new DOMException("", "NotAllowedError"))
    .mockResolvedValue(undefined);
  call.state.sound.value = [new MediaStream()];
  mountIn(call, <Sound />);
  await user().click(await screen.findByTestId("hear"));
  expect(play).toHaveBeenCalledTimes(2);
  expect(screen.queryByTestId("hear")).toBeNull();
});

test("before the call one microphone is spoken of once, and no devices in one sentence", async () => {
  const local = fakeLocal();
  mount(<Troubles local={local} />);
  const say = (...notices: Notice[]) =>
    act(() => {
      local.notices.value = notices;
    });
  say({ kind: "device_lost", device: "microphone" }, { kind: "no_device", device: "microphone" });
  expect(named("status")).toHaveLength(1);
  say({ kind: "no_device", device: "camera" }, { kind: "no_device", device: "microphone" });
  expect(named("status")).toEqual([expect.stringContaining("Ничего страшного")]);
  say({ kind: "device_silent", device: "camera" });
  expect(named("status")).toEqual([expect.stringContaining("остальные увидят")]);
  say({ kind: "device_silent", device: "microphone" });
  expect(named("status")).toEqual([expect.stringContaining("вас не будет слышно")]);
  const denied: Notice = { kind: "permission_denied", device: "camera" };
  say(denied, { kind: "permission_denied", device: "microphone" });
  expect(screen.getAllByRole("alert")).toHaveLength(1);
  await user().click(screen.getByRole("button", { name: "Попробовать ещё раз" }));
  expect(local.dismiss).toHaveBeenCalledWith(denied);
  expect(local.setCamera).toHaveBeenCalledWith(true);
});
