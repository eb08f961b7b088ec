import { expect, test } from "vitest";
import { announce, Toasts } from "../../src/ui/kit/toasts";
import { act, mount, screen } from "./mount";

// Screen readers read what comes into a live region; the same words staying there are no news.
test("what is said twice, such as that the microphone is on, is said twice", () => {
  mount(<Toasts />);
  act(() => announce("Вы говорите"));
  const first = screen.getByText("Вы говорите");
  act(() => announce("Вы говорите"));
  const second = screen.getByText("Вы говорите");
  expect(second).not.toBe(first);
  expect(second.parentElement?.getAttribute("role")).toBe("status");
});
