import { expect, test } from "vitest";
import { useTold } from "../../src/ui/call/view";
import { fakeCall } from "./fake-call";
import { act, mountIn, screen } from "./mount";

function Seats() {
  return <p data-testid="seats">{useTold("size")?.size ?? "?"}</p>;
}

test("a component follows what the server tells whole", () => {
  const call = fakeCall();
  mountIn(call, <Seats />);
  expect(screen.getByTestId("seats").textContent).toBe("?");
  act(() => {
    call.state.told.value = { size: { type: "size", size: 60, turned_away: 0 } };
  });
  expect(screen.getByTestId("seats").textContent).toBe("60");
});
