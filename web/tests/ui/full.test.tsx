import { expect, test } from "vitest";
import { Banners, roomFor } from "../../src/ui/call/banners";
import { FailureView } from "../../src/ui/failure-view";
import { fakeCall } from "./fake-call";
import { act, mount, mountIn, screen, user } from "./mount";

test("a full lesson says how many it is for and whom to ask", () => {
  const failure = { code: "call_full", message: "", details: { limit: 30, most: 2000 } };
  mount(<FailureView failure={failure} onRetry={() => undefined} />);
  expect(screen.getByTestId("failure").textContent).toContain("на сколько он рассчитан: 30");
});

test("a call that holds no more does not promise more", () => {
  const failure = { code: "call_full", message: "", details: { limit: 2000, most: 2000 } };
  mount(<FailureView failure={failure} onRetry={() => undefined} />);
  expect(screen.getByTestId("failure").textContent).not.toContain("добавить мест");
});

test("the teacher makes room at once", async () => {
  const call = fakeCall();
  mountIn(call, <Banners />);
  act(() => {
    call.state.notices.value = [{ kind: "full", size: 60, away: 2 }];
  });
  const button = screen.getByTestId("make-room");
  act(() => {
    call.state.notices.value = [{ kind: "full", size: 60, away: 3 }];
  });
  expect(screen.getByTestId("make-room"), "not drawn anew under the teacher's hand").toBe(button);
  expect(screen.getByTestId("banner-full").textContent).toContain("Не смогли войти 3 человека");
  await user().click(screen.getByTestId("make-room"));
  expect(call.actions.say).toHaveBeenCalledWith({ type: "size", size: 70 });
  expect(roomFor(1999, 400)).toBe(2000);
});

test("a lesson that cannot be larger is not offered more room, but says who is waiting", () => {
  const call = fakeCall();
  mountIn(call, <Banners />);
  act(() => {
    call.state.notices.value = [{ kind: "full", size: 2000, away: 3 }];
  });
  expect(screen.getByTestId("banner-full").textContent).toContain("Не смогли войти 3 человека");
  expect(screen.queryByTestId("make-room")).toBeNull();
});
