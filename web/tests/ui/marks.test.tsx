import { expect, test } from "vitest";
import { PersonRow } from "../../src/ui/call/person-row";
import { Tile } from "../../src/ui/call/tile";
import { fakeCall, person } from "./fake-call";
import { mountIn, named } from "./mount";

const teacher = person(2, { role: "host", camera: true, microphone: true, screen: true });

test("the picture says how somebody is connected and who leads", () => {
  mountIn(fakeCall(), <Tile person={teacher} kind="camera" />);
  expect(named("img")).toEqual(["Картинка загружается", "микрофон включён", "связь хорошая"]);
  expect(document.querySelector(".plate")?.textContent).toContain("ведущий");
});

test("the list says what is on, and of the connection only what is not well", () => {
  const call = fakeCall();
  call.state.speakers.value = [2];
  mountIn(call, <PersonRow person={teacher} />);
  expect(named("img")).toEqual(["показывает экран", "камера включена", "говорит"]);
  mountIn(call, <PersonRow person={person(3, { quality: "poor" })} />);
  expect(named("img").slice(3)).toHaveLength(3);
});
