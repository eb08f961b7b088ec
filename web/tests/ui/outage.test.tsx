import { expect, test } from "vitest";
import { Faces } from "../../src/ui/call/faces-window";
import { PersonRow } from "../../src/ui/call/person-row";
import { Tile } from "../../src/ui/call/tile";
import { Toolbar } from "../../src/ui/call/toolbar";
import { classOf, fakeCall } from "./fake-call";
import { act, mountIn, named, screen } from "./mount";

function somebodyIn(call: ReturnType<typeof fakeCall>) {
  const person = call.state.people.value.find((one) => !one.self);
  if (person === undefined) throw new Error("nobody else is there");
  return { ...person, camera: true, microphone: true };
}

test("a picture that stands still neither looks live nor seems to speak", () => {
  const call = fakeCall(classOf(3));
  const person = somebodyIn(call);
  const key = `${person.number}:camera`;
  const picture = { participant: person.number, kind: "camera", stream: null } as const;
  call.state.speakers.value = [person.number];
  call.state.pictures.value = new Map([[key, { ...picture, frozen: false }]]);
  mountIn(call, <Tile person={person} kind="camera" />);
  const tile = screen.getByTestId("tile");
  expect(tile.className).toContain("speaking");
  act(() => {
    call.state.pictures.value = new Map([[key, { ...picture, frozen: true }]]);
  });
  expect(tile.className).not.toContain("speaking");
  expect(tile.dataset.frozen).toBe("true");
});

test("while the line is cut nobody is shown as speaking", () => {
  const call = fakeCall(classOf(3));
  const person = somebodyIn(call);
  call.state.speakers.value = [person.number];
  mountIn(
    call,
    <>
      <Tile person={person} kind="camera" />
      <PersonRow person={person} />
    </>,
  );
  expect(screen.getByTestId("tile").className).toContain("speaking");
  expect(named("img").filter((words) => words === "говорит")).toHaveLength(2);
  act(() => {
    call.state.phase.value = "reconnecting";
  });
  expect(screen.getByTestId("tile").className).not.toContain("speaking");
  expect(named("img")).not.toContain("говорит");
});

test("the window with faces says that the line is cut, and greys what it shows", () => {
  const call = fakeCall(classOf(3));
  call.state.notices.value = [{ kind: "muted_speaking" }];
  mountIn(call, <Faces target={window} onBack={() => undefined} />);
  const faces = screen.getByTestId("faces");
  expect(faces.dataset.phase).toBe("connected");
  expect(faces.querySelector("[role=status]")?.textContent).toBe("");
  act(() => {
    call.state.phase.value = "reconnecting";
    call.state.notices.value = [
      { kind: "muted_speaking" },
      { kind: "reconnecting", seatKept: true },
    ];
  });
  expect(faces.dataset.phase).toBe("reconnecting");
  expect(faces.querySelector("[role=status]")?.textContent?.trim()).toMatch(
    /^Связь пропала.*место/,
  );
  act(() => {
    call.state.notices.value = [{ kind: "reconnecting", seatKept: false }];
  });
  expect(faces.querySelector("[role=status]")?.textContent?.trim()).toMatch(/^Связи всё ещё нет/);
});

test("a switch that the server does not know of yet says so", () => {
  const call = fakeCall();
  mountIn(call, <Toolbar />);
  act(() => {
    call.state.unconfirmed.value = true;
  });
  const button = screen.getByTestId("microphone");
  expect(button.dataset.pending).toBe("true");
  expect(button.dataset.tip).toContain("когда вернётся связь");
});
