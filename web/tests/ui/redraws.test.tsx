// A telephone draws 25 tiles: none of them again while what it shows stays the same.
import type { Signal } from "@preact/signals";
import { options } from "preact";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ConnectionDetails, Person, TileDetails } from "../../src/call";
import { GridView } from "../../src/ui/call/grid-view";
import { Tile } from "../../src/ui/call/tile";
import { classOf, fakeCall } from "./fake-call";
import { act, mountIn } from "./mount";

/** The name under which Preact's build has `options._render`. */
const hooks = options as { __r?: ((vnode: { type: unknown }) => void) | undefined };
const before = hooks.__r;
let drawn = 0;

beforeEach(() => {
  hooks.__r = (vnode) => {
    if (vnode.type === Tile) drawn += 1;
    before?.(vnode);
  };
});

afterEach(() => {
  hooks.__r = before;
});

/** How many tiles are drawn when this becomes that. */
function redrawn<T>(what: Signal<T>, next: T): number {
  drawn = 0;
  act(() => {
    what.value = next;
  });
  return drawn;
}

const look = (kbps: number, withheld: number | null = null): ConnectionDetails =>
  ({
    tiles: Array.from({ length: 25 }, (_, at): Partial<TileDetails> => {
      const nothing = at + 2 === withheld;
      const given = { layer: nothing ? null : "q", reason: nothing ? "line" : "tile" } as const;
      return { participant: at + 2, kind: "camera", kbps, ...given };
    }),
  }) as unknown as ConnectionDetails;

test("a tile is drawn again when what it shows has changed, and the others are not", () => {
  const people: readonly Person[] = classOf(26).map((one) => ({
    ...one,
    camera: true,
    microphone: true,
  }));
  const call = fakeCall(people);
  const { state } = call;
  const view = mountIn(call, <GridView room={{ width: 1900, height: 900 }} />);
  act(() => view.resize(25));
  redrawn(state.details, look(100));
  expect(redrawn(state.details, look(99))).toBe(0);
  expect(redrawn(state.details, look(1, 7))).toBe(1);
  expect(redrawn(state.spared, new Set(["9:camera"]))).toBe(1);
  const picture = { participant: 3, kind: "camera", stream: null, frozen: true } as const;
  expect(redrawn(state.pictures, new Map([["3:camera", picture]]))).toBe(1);
  const worse = people.map((one) => (one.number === 5 ? { ...one, present: false } : one));
  expect(redrawn(state.people, worse)).toBe(1);
});

test("of who speaks only those are drawn again who begin and who end", () => {
  const call = fakeCall(classOf(26).map((one) => ({ ...one, microphone: true })));
  const view = mountIn(call, <GridView room={{ width: 1900, height: 900 }} />);
  act(() => view.resize(25));
  redrawn(call.state.speakers, [2]);
  expect(redrawn(call.state.speakers, [3, 2])).toBe(1);
  expect(redrawn(call.state.speakers, [3])).toBe(1);
});
