"""What a viewer is shown: which layer fits a tile, and what anybody shows of a source."""

from collections.abc import Collection, Sequence

from zvonok.wire.ids import RIDS

HEIGHTS = dict(zip(RIDS, (180, 360, 720), strict=True))
"""Pixels, as our client sends; of other senders' layers nothing is known beforehand."""
SCREEN_HEIGHT = 1080
TEMPORAL = {"few": 0, "all": 2}
"""The highest temporal layer that is asked for, by how many frames a tile wants; L1T3 has three."""
ENOUGH = 0.8
"""A layer serves a tile from this share of its height on."""
ENOUGH_TO_STEP_DOWN = 0.9
"""The same for a smaller layer than the one on show, so that a tile whose height wavers does not
switch to and fro."""
HOLD = 0.5
"""Seconds for which a layer that nobody shows any more is still asked for: a page is often turned
back, and resuming costs a keyframe."""
OFTEN = 3
"""Times in `LATELY` seconds that a layer is let go so soon. From then on it is held twice as long
each time: each beginning makes the publisher's encoder begin anew, for all who see him, and any
viewer may turn to and fro."""
LATELY = 60.0
LONGEST_HOLD = 16.0


def layer_names(rids: Sequence[str], layers: int) -> tuple[str, ...]:
    """What signaling and clients call the layers, the smallest first.

    Senders with names of their own, or with one nameless layer, are taken to send the largest.
    """
    return tuple(rids) if names_tell_sizes(rids) else RIDS[-layers:]


def names_tell_sizes(rids: Sequence[str]) -> bool:
    return bool(rids) and all(rid in RIDS for rid in rids)


def choose_layer(
    heights: Sequence[int],
    tile: int,
    current: int | None = None,
    among: Collection[int] | None = None,
) -> int:
    """Index of the smallest layer that serves a tile of `tile` pixels, else of the largest. Layers
    of one height count as larger the later they come. `among`: of these, which must not be none;
    None: of all."""
    layers = range(len(heights)) if among is None else among
    smallest_first = sorted(layers, key=lambda layer: (heights[layer], layer))
    for layer in smallest_first:
        smaller = current is not None and heights[layer] < heights[current]
        if heights[layer] >= tile * (ENOUGH_TO_STEP_DOWN if smaller else ENOUGH):
            return layer
    return smallest_first[-1]


class Demand:
    """How many slots show each layer of one source."""

    def __init__(self, layers: int) -> None:
        self._slots = [0] * layers
        self._left_at: dict[int, float] = {}
        self._let_go: list[list[float]] = [[] for _ in range(layers)]
        """When each layer was, lately."""

    @property
    def layers(self) -> int:
        return len(self._slots)

    def add(self, layer: int) -> None:
        self._slots[layer] += 1
        self._left_at.pop(layer, None)

    def remove(self, layer: int, now: float) -> None:
        self._slots[layer] -= 1
        if not self._slots[layer]:
            self._left_at[layer] = now

    def settle(self, now: float) -> None:
        """Lets go of what nobody has shown for `HOLD`, or for longer if that happens often."""
        for layer, at in list(self._left_at.items()):
            if now - at >= self._hold(layer, now):
                del self._left_at[layer]
                self._let_go[layer].append(now)

    def _hold(self, layer: int, now: float) -> float:
        lately = [at for at in self._let_go[layer] if now - at < LATELY]
        self._let_go[layer] = lately
        return min(LONGEST_HOLD, HOLD * 2.0 ** max(0, len(lately) - OFTEN + 1))

    @property
    def settled(self) -> bool:
        return not self._left_at

    def asked(self) -> tuple[int, ...]:
        """The layers the publisher is to send."""
        return tuple(
            layer for layer, slots in enumerate(self._slots) if slots or layer in self._left_at
        )
