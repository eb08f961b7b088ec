import { afterEach, expect, test, vi } from "vitest";
import { Invitation } from "../../src/call/invitation";
import { PATIENCE } from "../patience";

const seat = { grant: "g", since: 0, resume: null, path: "/api/call", lesson: "l", name: "A" };
const link = { role: "participant", revoked: false, expires: null, max_uses: null, uses: 0 };

/** Every request waits until it is answered by hand. */
function asking() {
  const waiting: ((body: object) => void)[] = [];
  vi.stubGlobal("fetch", () => {
    const reply = (body: object) => new Response(JSON.stringify(body));
    return new Promise((resolve) => waiting.push((body) => resolve(reply(body))));
  });
  return async (body: object) => {
    await vi.waitFor(() => expect(waiting).not.toHaveLength(0), PATIENCE);
    waiting.shift()?.(body);
  };
}

afterEach(() => vi.unstubAllGlobals());

test("what another moderator did is known when it was asked", async () => {
  const answer = asking();
  const invitation = new Invitation(() => seat);
  invitation.is("old");
  const looked = invitation.look();
  await answer({
    links: [
      { ...link, token: "old", revoked: true },
      { ...link, token: "new" },
    ],
  });
  await looked;
  expect(invitation.token.value).toBe("new");
});

test("an answer from before one's own doing brings nothing back", async () => {
  const answer = asking();
  const invitation = new Invitation(() => seat);
  const looked = invitation.look();
  invitation.is(null);
  await answer({ links: [{ ...link, token: "closed meanwhile" }] });
  await looked;
  expect(invitation.token.value).toBeNull();
});
