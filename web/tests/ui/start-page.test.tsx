import { afterEach, expect, test } from "vitest";
import { StartPage } from "../../src/ui/start/start-page";
import { act, mount, screen } from "./mount";

const lesson = { id: "l", title: "Алгебра", hostLink: "host", participantLink: "guest" };

afterEach(() => history.replaceState(null, ""));

test("a reload of a lesson that is ready keeps its links, until another one is wanted", () => {
  history.replaceState({ lesson }, "");
  mount(<StartPage />);
  expect(screen.getByRole("heading", { name: "Алгебра" })).toBeTruthy();
  expect(screen.getByTestId("invite-link")).toBeTruthy();
  act(() => screen.getByRole("button", { name: /Ещё один|Другой|другой|ещё/ }).click());
  expect(history.state).toBeNull();
});
