import { expect, test } from "vitest";
import type { Failure } from "../../src/call";
import { NameForm } from "../../src/ui/prejoin/name-form";
import { mount, screen } from "./mount";

const nothing = () => undefined;

function refusedFor(details: Failure["details"]): HTMLElement {
  const refused = { code: "bad_name", message: "", details };
  mount(<NameForm name="Oльга" busy={false} refused={refused} onName={nothing} onJoin={nothing} />);
  return screen.getByTestId("name-problem");
}

test("a word of two alphabets is named", () => {
  const told = refusedFor({ problem: "mixed_scripts", word: "Oльга" });
  expect(told.textContent).toContain("«Oльга»");
  expect(document.activeElement).toBe(screen.getByTestId("prejoin-name"));
});

test("what cannot be seen is explained", () => {
  expect(refusedFor({ problem: "invisible" }).textContent).toContain("не видно");
});
