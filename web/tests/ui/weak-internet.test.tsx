// Weak-internet mode as a person sees it: one press, and on each tile why there is no picture.
import { expect, test } from "vitest";
import type { ConnectionDetails, Preview, Quality, TileDetails } from "../../src/call";
import { Banners } from "../../src/ui/call/banners";
import { Tile } from "../../src/ui/call/tile";
import { Toolbar } from "../../src/ui/call/toolbar";
import { useShortcuts } from "../../src/ui/call/use-shortcuts";
import { useCall } from "../../src/ui/call/view";
import { Toasts } from "../../src/ui/kit/toasts";
import { WeakInternet } from "../../src/ui/prejoin/weak-internet";
import { fakeCall, fakeLocal, person } from "./fake-call";
import { act, mount, mountIn, screen, user } from "./mount";

function Keys() {
  const { call, view } = useCall();
  useShortcuts(call, view);
  return null;
}

test("it is one press before the call", async () => {
  const preview = fakeLocal();
  mount(<WeakInternet preview={preview as unknown as Preview} />);
  const box = screen.getByRole("checkbox", { name: /^Слабый интернет/ });
  await user().click(box);
  expect(preview.setWeakInternet).toHaveBeenCalledExactlyOnceWith(true);
  act(() => {
    preview.weakInternet.value = true;
  });
  expect((box as HTMLInputElement).checked).toBe(true);
});

test("and one in the call, by the menu or by a key, which says what is left", async () => {
  const call = fakeCall();
  mountIn(
    call,
    <>
      <Toolbar />
      <Keys />
      <Toasts />
    </>,
  );
  await user().keyboard("i");
  expect(call.actions.setWeakInternet).toHaveBeenLastCalledWith(true);
  expect(screen.getByTestId("toast").textContent).toContain("остались звук, общий экран и учитель");
  act(() => {
    call.state.weakInternet.value = true;
  });
  const more = screen.getByTestId("more");
  expect(more.classList).toContain("active");
  expect(more.getAttribute("aria-label")).toBe("Ещё (слабый интернет: включён)");
  await user().click(more);
  const line = screen.getByRole("menuitem", { name: /^Слабый интернет/ });
  expect(line.textContent).toContain("включён");
  await user().click(line);
  expect(call.actions.setWeakInternet).toHaveBeenLastCalledWith(false);
});

test("a tile says why it has no picture, and only where there would be one", () => {
  const call = fakeCall();
  call.state.spared.value = new Set(["2:camera", "3:camera"]);
  mountIn(
    call,
    <>
      <Tile person={person(2, { camera: true })} kind="camera" />
      <Tile person={person(3, { camera: false })} kind="camera" />
      <Tile person={person(4, { camera: true })} kind="camera" />
    </>,
  );
  const [spared, off, awaited] = screen.getAllByTestId("tile");
  expect(spared?.textContent).toContain("не показываем: слабый интернет");
  expect(spared?.querySelector(".tile-wait")).toBeNull();
  expect(off?.textContent).not.toContain("слабый интернет");
  expect(awaited?.textContent).not.toContain("слабый интернет");
  expect(awaited?.querySelector(".tile-wait")).not.toBeNull();
});

const details = (tiles: readonly TileDetails[]) => ({ tiles }) as unknown as ConnectionDetails;

test.each<[string, Partial<TileDetails>, string | null, Quality?]>([
  ["one's own line", { reason: "line" }, "картинка не помещается: ваша связь"],
  ["the other's line", { reason: "publisher" }, "только звук: слабая связь участника", "poor"],
  ["nothing, as the other's camera hangs", { reason: "publisher" }, null],
  ["the server", { reason: "server" }, "картинки нет: сервер не успевает"],
  ["nothing, as it is on its way", { reason: "tile" }, null],
  ["nothing, as something comes", { reason: "line", layer: "q" }, null],
  ["nothing that is known", { reason: null }, null],
])("a tile says that it is %s", (_, traits, words, quality = "good") => {
  const call = fakeCall();
  const tile = { participant: 2, kind: "camera", layer: null, reason: null, ...traits };
  call.state.details.value = details([tile as TileDetails]);
  mountIn(call, <Tile person={person(2, { camera: true, quality })} kind="camera" />);
  const shown = screen.getByTestId("tile");
  expect(shown.querySelector(".tile-why")?.textContent?.trim() ?? null).toBe(words);
  expect(shown.querySelector(".tile-wait") === null).toBe(words !== null);
});

test("one's own tile says that the camera rests, and that one is heard", () => {
  const call = fakeCall();
  mountIn(call, <Tile person={person(1, { self: true, camera: true })} kind="camera" />);
  expect(screen.queryByRole("status")).toBeNull();
  act(() => {
    call.state.cameraRests.value = true;
  });
  expect(screen.getByRole("status").textContent).toContain("Вас слышно");
});

test("an offer is accepted or declined in words, and says what is left", async () => {
  const call = fakeCall();
  call.state.notices.value = [{ kind: "weak_offer" }];
  mountIn(call, <Banners />);
  expect(screen.getByTestId("banner-weak_offer").textContent).toContain("звук");
  await user().click(screen.getByRole("button", { name: "Не сейчас" }));
  expect(call.actions.dismiss).toHaveBeenCalledExactlyOnceWith({ kind: "weak_offer" });
  expect(call.actions.setWeakInternet).not.toHaveBeenCalled();
  await user().click(screen.getByRole("button", { name: "Оставить главное" }));
  expect(call.actions.setWeakInternet).toHaveBeenCalledExactlyOnceWith(true);
});

test.each(["Не сейчас", "Оставить главное"])(
  "by a key, and goes on from the pictures: %s",
  async (answer) => {
    const call = fakeCall();
    call.state.notices.value = [{ kind: "weak_offer" }];
    mountIn(
      call,
      <>
        <main tabIndex={-1} />
        <Banners />
      </>,
    );
    screen.getByRole("button", { name: answer }).focus();
    await user().keyboard("{Enter}");
    act(() => {
      call.state.notices.value = [];
    });
    expect(document.activeElement).toBe(screen.getByRole("main"));
  },
);

test("what goes by itself takes nobody's focus", () => {
  const call = fakeCall();
  call.state.notices.value = [{ kind: "weak_offer" }];
  mountIn(
    call,
    <>
      <main tabIndex={-1} />
      <input />
      <Banners />
    </>,
  );
  screen.getByRole("textbox").focus();
  act(() => {
    call.state.notices.value = [];
  });
  expect(document.activeElement).toBe(screen.getByRole("textbox"));
});

test("what was tried or is broken stands before an offer: a phone shows the first alone", () => {
  const call = fakeCall();
  call.state.notices.value = [
    { kind: "weak_offer" },
    { kind: "device_lost", device: "camera" },
    { kind: "refused", failure: { code: "rate_limited", message: "", details: {} } },
  ];
  mountIn(call, <Banners />);
  const order = [...document.querySelectorAll<HTMLElement>(".banner")];
  expect(order.map(({ dataset }) => dataset.testid)).toEqual([
    "banner-refused",
    "banner-device_lost",
    "banner-weak_offer",
  ]);
});

test("so is the one to leave the mode", async () => {
  const call = fakeCall();
  call.state.weakInternet.value = true;
  call.state.notices.value = [{ kind: "weak_over" }];
  mountIn(call, <Banners />);
  await user().click(screen.getByRole("button", { name: "Не сейчас" }));
  expect(call.actions.dismiss).toHaveBeenCalledExactlyOnceWith({ kind: "weak_over" });
  await user().click(screen.getByRole("button", { name: "Показать всех" }));
  expect(call.actions.setWeakInternet).toHaveBeenCalledExactlyOnceWith(false);
});
