import { render } from "preact";
import { expect, test } from "vitest";
import type { Call } from "../../src/call";
import { CallPage } from "../../src/ui/call/call-page";
import { fakeCall } from "./fake-call";

// What a browser does after it has painted is not done for a page that has gone by then.
test("who goes back before the call was even painted has left it", () => {
  const call = fakeCall();
  const root = document.createElement("div");
  render(<CallPage call={call as unknown as Call} onOver={() => undefined} />, root);
  expect(call.close).not.toHaveBeenCalled();
  render(null, root);
  expect(call.close).toHaveBeenCalledOnce();
});
