import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { facesFirst } from "../../src/ui/call/faces";
import { Faces, facesAtOnce } from "../../src/ui/call/faces-window";
import { GridView } from "../../src/ui/call/grid-view";
import { PresentationView } from "../../src/ui/call/presentation-view";
import { SpeakerView } from "../../src/ui/call/speaker-view";
import { AWAY, merge, want } from "../../src/ui/call/wanted";
import { classOf, fakeCall, person } from "./fake-call";
import { act, type Fake, mountIn, screen, user } from "./mount";

const LAPTOP = { width: 1248, height: 620 };
const PHONE = { width: 344, height: 640 };

/** Everybody with a camera, so that everybody is asked for. */
const filmed = (count: number) => classOf(count).map((one) => ({ ...one, camera: true }));

const tiles = () =>
  screen.queryAllByTestId("tile").map((tile) => Number(tile.getAttribute("data-participant")));

const asked = (call: Fake): number[] =>
  (call.actions.show.mock.lastCall as unknown as [{ participant: number }[]])[0].map(
    (tile) => tile.participant,
  );

beforeEach(() => {
  vi.stubGlobal("devicePixelRatio", 1);
});

afterEach(() => {
  vi.useRealTimers();
});

test("the grid shows a page at a time and asks for no more", async () => {
  const call = fakeCall(filmed(29));
  const view = mountIn(call, <GridView room={LAPTOP} />);
  act(() => view.resize(16));
  expect(tiles()).toHaveLength(17);
  expect(asked(call)).toHaveLength(16);
  expect(asked(call)).not.toContain(1);
  expect(screen.getByTestId("page-position").textContent).toContain("1 / 2");
  expect(screen.getByTestId("page-position").textContent).toContain("ещё 12");
  await user().click(screen.getByTestId("page-next"));
  expect(asked(call)).toHaveLength(12);
  expect(screen.getByTestId("page-next").getAttribute("aria-disabled")).toBe("true");
});

test("the button that turned to the last page keeps the focus, and turns no further", async () => {
  const call = fakeCall(filmed(29));
  const view = mountIn(call, <GridView room={LAPTOP} />);
  act(() => view.resize(16));
  const next = screen.getByTestId("page-next");
  expect(next.getAttribute("aria-disabled")).toBe("false");
  next.focus();
  await user().keyboard("{Enter}");
  expect(next).toHaveProperty("disabled", false);
  await user().keyboard("{Enter}");
  expect(document.activeElement).toBe(next);
  expect(view.page.value).toBe(1);
});

test("whoever stood first on the page is still on it when the room changes", () => {
  const call = fakeCall(filmed(60));
  const view = mountIn(call, <GridView room={LAPTOP} />);
  act(() => view.resize(16));
  act(() => {
    view.page.value = 2;
  });
  const first = tiles()[0];
  act(() => view.resize(9));
  expect(tiles()).toContain(first);
});

test("one's own picture is folded away and shown again", async () => {
  const call = fakeCall(filmed(2));
  mountIn(call, <GridView room={LAPTOP} />);
  await user().click(screen.getByRole("button", { name: "Свернуть себя" }));
  expect(screen.queryByTestId("self-view")).toBeNull();
  await user().click(screen.getByRole("button", { name: "Показать себя" }));
  expect(screen.getByTestId("self-view")).toBeTruthy();
});

test("everybody is reached from beside a shared screen", async () => {
  const people = filmed(28).map((one) => ({ ...one, screen: one.number === 2 }));
  const call = fakeCall(people);
  mountIn(call, <PresentationView room={LAPTOP} />);
  const seen = new Set(tiles());
  expect(screen.getByTestId("strip-position").textContent).toContain("ещё 24");
  for (let page = 1; page < 9; page++) {
    await user().click(screen.getByTestId("strip-next"));
    for (const number of tiles()) {
      seen.add(number);
    }
  }
  expect(screen.getByTestId("strip-next").getAttribute("aria-disabled")).toBe("true");
  expect(seen.size).toBe(28);
});

test("whoever shows a screen has the room for the class", async () => {
  const call = fakeCall(filmed(28));
  call.state.screenOn.value = true;
  const view = mountIn(call, <PresentationView room={LAPTOP} />);
  act(() => view.resize(16));
  expect(tiles().filter((number) => number !== 1)).toHaveLength(16);
  await user().click(screen.getByRole("button", { name: "Остановить показ" }));
  expect(call.actions.setScreen).toHaveBeenCalledWith(false);
});

test("the speaker stays large while the strip turns its pages", async () => {
  const call = fakeCall(filmed(28));
  mountIn(call, <SpeakerView room={LAPTOP} />);
  const main = tiles()[0];
  await user().click(screen.getByTestId("strip-next"));
  expect(tiles()[0]).toBe(main);
});

test("a phone shows no more pictures than it has slots", () => {
  const call = fakeCall(filmed(28).map((one) => ({ ...one, screen: one.number === 2 })));
  mountIn(call, <PresentationView room={PHONE} />);
  expect(asked(call).length).toBeLessThanOrEqual(9);
});

test("a camera is asked for whether it is on or not, a screen only when it is shared", () => {
  const asks = (one: ReturnType<typeof person>, kind: "camera" | "screen") =>
    want(one, kind, 100, 2).map((tile) => tile.height);
  expect(asks(person(2, { camera: true }), "camera")).toEqual([200]);
  expect(asks(person(2, { camera: false }), "camera")).toEqual([200]);
  expect(asks(person(2, { screen: true }), "screen")).toEqual([200]);
  expect(asks(person(2, { screen: false }), "screen")).toEqual([]);
  expect(asks(person(2, { camera: true, self: true }), "camera")).toEqual([]);
});

test("a picture that is shown twice is asked for once, as high as it is needed", () => {
  const tile = (participant: number, height: number) =>
    ({ participant, kind: "camera", height }) as const;
  expect(merge([[tile(2, 100), tile(3, 100)], [tile(2, 300)]])).toEqual([
    tile(2, 300),
    tile(3, 100),
  ]);
});

test("a hidden tab asks for nothing after a while, and for all at once when it is back", () => {
  vi.useFakeTimers();
  const call = fakeCall(filmed(5));
  mountIn(call, <GridView room={LAPTOP} />);
  expect(asked(call)).toHaveLength(4);
  const hide = (hidden: boolean) => {
    vi.spyOn(document, "hidden", "get").mockReturnValue(hidden);
    document.dispatchEvent(new Event("visibilitychange"));
  };
  hide(true);
  vi.advanceTimersByTime(AWAY - 1);
  expect(asked(call)).toHaveLength(4);
  vi.advanceTimersByTime(1);
  expect(asked(call)).toHaveLength(0);
  hide(false);
  vi.advanceTimersByTime(0);
  expect(asked(call)).toHaveLength(4);
});

test("a window with faces goes on while its tab is hidden", () => {
  vi.useFakeTimers();
  const call = fakeCall(filmed(5));
  vi.stubGlobal("innerWidth", 320);
  vi.stubGlobal("innerHeight", 560);
  mountIn(
    call,
    <>
      <GridView room={LAPTOP} />
      <Faces target={window} onBack={() => undefined} />
    </>,
  );
  vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  vi.advanceTimersByTime(AWAY);
  expect(asked(call)).toHaveLength(4);
});

test("the window with faces has one's own controls, and stops the screen", async () => {
  const call = fakeCall(filmed(3));
  const back = vi.fn();
  mountIn(call, <Faces target={window} onBack={back} />);
  expect(screen.queryByTestId("faces-share")).toBeNull();
  act(() => {
    call.state.screenOn.value = true;
  });
  await user().click(screen.getByTestId("faces-share"));
  expect(call.actions.setScreen).toHaveBeenCalledWith(false);
  await user().click(screen.getByTestId("faces-microphone"));
  expect(call.actions.setMicrophone).toHaveBeenCalledWith(true);
  await user().click(screen.getByTestId("faces-back"));
  expect(back).toHaveBeenCalledOnce();
});

test("a small window shows few faces rather than small ones", () => {
  expect(facesAtOnce({ width: 304, height: 440 })).toBe(9);
  expect(facesAtOnce({ width: 200, height: 120 })).toBe(1);
});

test("whoever speaks is among the first faces", () => {
  const people = [2, 3, 4, 5, 6].map((number) => person(number));
  const order = (speaker: number | null) => facesFirst(people, 2, speaker).map((one) => one.number);
  expect(order(6)).toEqual([2, 6, 4, 5, 3]);
  expect(order(2)).toEqual([2, 3, 4, 5, 6]);
  expect(order(null)).toEqual([2, 3, 4, 5, 6]);
});
