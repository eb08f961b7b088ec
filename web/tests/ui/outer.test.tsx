import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Call, LinkInfo, Person, Preview } from "../../src/call";
import { setLanguage } from "../../src/i18n/language";
import { App } from "../../src/ui/app";
import { PersonRow } from "../../src/ui/call/person-row";
import { Tile } from "../../src/ui/call/tile";
import { EndView } from "../../src/ui/end-view";
import { type Engine, EngineContext } from "../../src/ui/engine";
import { keepSeat, keptSeat, sharedSeat } from "../../src/ui/kept-seat";
import { go } from "../../src/ui/route";
import { forgetKey, keepKey } from "../../src/ui/start/school-key";
import { fakeCall, fakeLocal, person } from "./fake-call";
import { act, mount, mountIn, screen, user, waitFor } from "./mount";

const info: LinkInfo = {
  title: "Физика",
  role: "participant",
  participants: 3,
  state: "running",
  media: [],
};

const refusal = (code: string) =>
  Object.assign(new Error(code), { failure: { code, message: "", details: {} } });

function fakeEngine(changes: Partial<Engine> = {}): Engine {
  return {
    checkNetwork: () => ({ reach: signal("reachable"), close: () => undefined }),
    createLesson: async (_key: string, title: string) => ({
      id: "1",
      title,
      hostLink: "hostlinkhostlink",
      participantLink: "classlinkclasslink",
    }),
    lookUp: async () => info,
    enter: async (_link: string, name: string) => ({
      grant: "g",
      path: "/api/call",
      name,
      since: Date.now(),
      resume: null,
    }),
    createPreview: () => fakeLocal() as unknown as Preview,
    createCall: () => fakeCall() as unknown as Call,
    ...changes,
  } as Engine;
}

async function open(path: string, engine: Engine = fakeEngine()) {
  vi.stubGlobal("RTCPeerConnection", class {});
  act(() => go(path));
  mount(
    <EngineContext.Provider value={engine}>
      <App />
    </EngineContext.Provider>,
  );
}

test("an unknown address says so and leads home", async () => {
  await open("/no/such/page");
  expect(screen.getByRole("heading", { level: 1 }).textContent).toBe("Такой страницы нет");
  await user().click(screen.getByRole("button", { name: "На главную" }));
  expect(screen.queryByTestId("unknown-page")).toBeNull();
  expect(screen.getByTestId("open-link")).toBeTruthy();
});

test("a pasted link opens, other text is explained", async () => {
  await open("/");
  await user().type(screen.getByTestId("open-link"), "завтра в девять");
  await user().click(screen.getByTestId("open-link-go"));
  expect(screen.getByRole("alert").textContent).toContain("не похоже на ссылку");
  await user().clear(screen.getByTestId("open-link"));
  await user().type(screen.getByTestId("open-link"), "https://s.example/j/abcdefgh12345678");
  await user().click(screen.getByTestId("open-link-go"));
  expect(location.pathname).toBe("/j/abcdefgh12345678");
});

test("a teacher with the key gets the two links", async () => {
  keepKey("s3cret");
  await open("/");
  await user().type(screen.getByTestId("create-title"), "Физика");
  await user().click(screen.getByTestId("create-lesson"));
  expect((await screen.findByTestId("invite-link")) as HTMLInputElement).toHaveProperty(
    "value",
    expect.stringContaining("/j/classlinkclasslink"),
  );
  expect(screen.getByTestId("enter-as-host").textContent).toBe("Войти как ведущий");
  // A reload finds them there.
  expect(history.state).toMatchObject({ lesson: { hostLink: "hostlinkhostlink" } });
  history.replaceState(null, "");
  forgetKey();
});

test.each([
  ["bad_key", "Ключ школы не подошёл"],
  ["rate_limited", "Подождите"],
  ["unreachable", "Нет связи"],
  ["code_of_next_year", "Войти не получилось"],
])("a lesson that cannot be created says why (%s), without a code", async (code, words) => {
  keepKey("s3cret");
  await open("/", fakeEngine({ createLesson: async () => Promise.reject(refusal(code)) }));
  await user().type(screen.getByTestId("create-title"), "Физика");
  await user().click(screen.getByTestId("create-lesson"));
  const said = (await screen.findByTestId("create-error")).textContent;
  expect(said).toContain(words);
  expect(said).not.toContain(code);
  forgetKey();
});

test("the name has the focus before the call, and one name is enough to join", async () => {
  await open("/j/abcdefgh12345678");
  const name = await screen.findByTestId("prejoin-name");
  await waitFor(() => expect(document.activeElement).toBe(name));
  await user().clear(name);
  await user().click(screen.getByTestId("prejoin-join"));
  expect(screen.getByRole("alert").textContent).toContain("Напишите, как вас зовут");
  await user().type(name, "Аня{Enter}");
  expect(await screen.findByTestId("call")).toBeTruthy();
});

test("who goes back while a busy server is asked is not in the call when it lets him in", async () => {
  const createCall = vi.fn(() => fakeCall() as unknown as Call);
  const createPreview = () => fakeLocal() as unknown as Preview;
  let letIn = () => {};
  let over = () => false;
  const enter: Engine["enter"] = (_link, name, patience) =>
    new Promise((resolve) => {
      over = patience?.over ?? over;
      letIn = () => resolve({ grant: "g", path: "", lesson: "l", name, since: 0, resume: null });
    });
  await open("/j/abcdefgh12345678", fakeEngine({ createCall, createPreview, enter }));
  const name = await screen.findByTestId("prejoin-name");
  await user().clear(name);
  await user().type(name, "Аня{Enter}");
  expect(over()).toBe(false);
  act(() => go("/"));
  expect(over(), "asked no more").toBe(true);
  await act(async () => letIn());
  expect(createCall).not.toHaveBeenCalled();
  expect(screen.getByTestId("open-link")).toBeTruthy();
});

test("who goes back while a busy server is asked for the lesson is asked for no more", async () => {
  const lookUp = vi.fn((..._: Parameters<Engine["lookUp"]>) => new Promise<never>(() => undefined));
  await open("/j/abcdefgh12345678", fakeEngine({ lookUp }));
  await vi.waitFor(() => expect(lookUp).toHaveBeenCalled());
  const over = () => lookUp.mock.calls[0]?.[1]?.over?.();
  expect(over()).toBe(false);
  act(() => go("/"));
  expect(over()).toBe(true);
});

// `disabled` would take the focus away, and a screen reader back to the beginning.
test("who presses to come in stays on the button while it is busy, and comes in once", async () => {
  const enter = vi.fn(() => new Promise<never>(() => undefined));
  await open("/j/abcdefgh12345678", fakeEngine({ enter }));
  const name = await screen.findByTestId("prejoin-name");
  await user().clear(name);
  await user().type(name, "Аня");
  const join = screen.getByTestId("prejoin-join");
  await user().click(join);
  await user().type(name, "{Enter}");
  expect(enter).toHaveBeenCalledOnce();
  expect(join.getAttribute("aria-disabled")).toBe("true");
  expect(join).toHaveProperty("disabled", false);
});

test("who creates a lesson stays on the button while it is busy, and creates one", async () => {
  keepKey("s3cret");
  const createLesson = vi.fn(() => new Promise<never>(() => undefined));
  await open("/", fakeEngine({ createLesson }));
  await user().type(screen.getByTestId("create-title"), "Физика{Enter}{Enter}");
  const create = screen.getByTestId("create-lesson");
  await user().click(create);
  expect(createLesson).toHaveBeenCalledOnce();
  expect(create.getAttribute("aria-disabled")).toBe("true");
  expect(create).toHaveProperty("disabled", false);
  forgetKey();
});

test("who tries the loudspeaker stays on the button while it sounds", async () => {
  const testSpeaker = vi.fn(() => new Promise<boolean>(() => undefined));
  const createPreview = () => ({ ...fakeLocal(), testSpeaker }) as unknown as Preview;
  await open("/j/abcdefgh12345678", fakeEngine({ createPreview }));
  const test = await screen.findByTestId("test-speaker");
  await user().click(test);
  await user().click(test);
  expect(testSpeaker).toHaveBeenCalledOnce();
  expect(test.getAttribute("aria-disabled")).toBe("true");
  expect(test).toHaveProperty("disabled", false);
});

const seat = {
  entered: { grant: "g", path: "", lesson: "l", name: "Аня", since: Date.now(), resume: "r" },
  info,
};

/** As the browser says it, of a page that was loaded again at `path`. */
function loadedAgain(path: string) {
  const entry = { type: "reload", name: `https://school.example${path}` };
  vi.spyOn(performance, "getEntriesByType").mockReturnValue([entry as unknown as PerformanceEntry]);
}

describe("a tab with a seat", () => {
  const link = "abcdefgh12345678";
  const devices = { microphone: true, camera: true };
  const createCall = vi.fn(() => fakeCall() as unknown as Call);

  beforeEach(() => {
    createCall.mockClear();
    keepSeat(link, { ...seat, devices });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    keepSeat(link, null);
  });
  const openIt = (taken: boolean) =>
    open(
      `/j/${link}`,
      fakeEngine({ createCall, lookAtSeat: async () => ({ held: true, taken, name: "Аня" }) }),
    );
  const again = () => {
    act(() => go("/"));
    loadedAgain(`/j/${link}`);
    act(() => go(`/j/${link}`));
  };

  test("which another tab sits on asks, and again when it is loaded again", async () => {
    await openIt(true);
    await screen.findByTestId("prejoin-elsewhere");
    expect(sharedSeat(link, Date.now())).toMatchObject(seat);
    again();
    await screen.findByTestId("prejoin-elsewhere");
    expect(createCall).not.toHaveBeenCalled();
  });

  test("in the call comes back into it when it is loaded again", async () => {
    loadedAgain(`/j/${link}`);
    await openIt(false);
    await screen.findByTestId("call");
    expect(createCall).toHaveBeenCalledOnce();
  });

  test("left for another page keeps it, whatever the server says then of another tab", async () => {
    let say = (_: { held: boolean; taken: boolean }) => {};
    const lookAtSeat = () =>
      new Promise<{ held: boolean; taken: boolean }>((resolve) => {
        say = resolve;
      });
    await open(`/j/${link}`, fakeEngine({ createCall, lookAtSeat } as Partial<Engine>));
    act(() => go("/"));
    await act(async () => say({ held: true, taken: true }));
    expect(keptSeat(link, Date.now())).toMatchObject(seat);
  });

  // The page itself tells people to load it again, for the devices.
  test("before the call is not in it, seen and heard, when it is loaded again", async () => {
    await openIt(false);
    await screen.findByTestId("prejoin-name");
    expect(screen.queryByTestId("prejoin-elsewhere")).toBeNull();
    again();
    const name = await screen.findByTestId("prejoin-name");
    expect(createCall).not.toHaveBeenCalled();
    expect(name, "the seat is still known").toHaveProperty("value", "Аня");
  });

  test("is not in the call because another page of ours was loaded again", async () => {
    loadedAgain("/");
    await openIt(false);
    await screen.findByTestId("prejoin-name");
    expect(createCall).not.toHaveBeenCalled();
  });
});

test("a link that lets nobody in says so", async () => {
  await open(
    "/j/abcdefgh12345678",
    fakeEngine({ lookUp: async () => Promise.reject(refusal("link_revoked")) }),
  );
  expect((await screen.findByTestId("failure")).textContent).toContain("Ссылка отозвана");
  expect(screen.queryByTestId("retry")).toBeNull();
});

describe("a page that takes the place of another is where the focus is", () => {
  const heading = () => screen.getByRole("heading", { level: 1 });

  test("after the call", () => {
    mount(<EndView how="ended" title="Алгебра" onRejoin={() => undefined} />);
    expect(document.activeElement).toBe(heading());
  });

  test("when nobody is let in", async () => {
    const lookUp = async () => Promise.reject(refusal("link_revoked"));
    await open("/j/abcdefgh12345678", fakeEngine({ lookUp }));
    await screen.findByTestId("failure");
    await vi.waitFor(() => expect(document.activeElement).toBe(heading()));
  });

  test("when a lesson is made", async () => {
    keepKey("s3cret");
    await open("/");
    await user().type(screen.getByTestId("create-title"), "Физика{Enter}");
    await screen.findByTestId("invite-link");
    await vi.waitFor(() => expect(document.activeElement).toBe(heading()));
    expect(heading().textContent).toBe("Физика");
    history.replaceState(null, "");
    forgetKey();
  });
});

test("a title with quotation marks is quoted with the inner ones", () => {
  mount(<EndView how="left" title="Алгебра, 8 «Б»" onRejoin={() => undefined} />);
  expect(document.body.textContent).toContain("Урок «Алгебра, 8 „Б“» продолжается");
  act(() => setLanguage("en"));
  expect(document.body.textContent).toContain("“Алгебра, 8 ‘Б’” is still going on");
});

test("nobody is promised to come back into a lesson that may be closed meanwhile", () => {
  mount(<EndView how="left" title="Алгебра" onRejoin={() => undefined} />);
  expect(screen.getByTestId("end-left").textContent).toContain("вернитесь, пока вход не закрыли");
  act(() => setLanguage("en"));
  expect(screen.getByTestId("end-left").textContent).toContain("come back while its link is open");
});

test("whoever is called like a teacher is marked in the reader's language", () => {
  const look: Partial<Person> = { name: "Caxap", guestMark: true };
  mountIn(
    fakeCall(),
    <>
      <Tile person={person(2, look)} kind="camera" />
      <PersonRow person={person(2, look)} />
    </>,
  );
  expect(screen.getByRole("article").getAttribute("aria-label")).toBe("Caxap (гость)");
  expect(screen.getByTestId("person").textContent).toContain("Caxap (гость)");
  act(() => setLanguage("en"));
  expect(screen.getByRole("article").getAttribute("aria-label")).toBe("Caxap (guest)");
});

test("a tile is covered until its picture is certain, and says what is known", () => {
  mountIn(fakeCall(), <Tile person={person(2, { camera: true })} kind="camera" />);
  const tile = screen.getByTestId("tile");
  expect(tile.getAttribute("data-covered")).toBe("true");
  expect(screen.getByRole("img", { name: "Картинка загружается" })).toBeTruthy();
  expect(screen.getByRole("img", { name: "микрофон выключен" })).toBeTruthy();
});

test("of somebody who is away it does not say that a picture is coming", () => {
  mountIn(fakeCall(), <Tile person={person(2, { camera: true, present: false })} kind="camera" />);
  expect(screen.getByTestId("tile").textContent).toContain("Восстанавливает связь");
  expect(screen.queryByRole("img", { name: "Картинка загружается" })).toBeNull();
});

test("pinning shows somebody large and is undone by the same button", async () => {
  const call = fakeCall();
  const view = mountIn(call, <Tile person={person(2, { name: "Аня" })} kind="camera" />);
  await user().click(screen.getByRole("button", { name: "Закрепить: Аня" }));
  expect(view.mode.value).toBe("speaker");
  await user().click(screen.getByRole("button", { name: "Открепить: Аня" }));
  expect(view.pinned.value).toBeNull();
});
