"""One direction of a line: packets in, and when each comes out or why it does not. No clock."""

import heapq
import math
from collections import deque
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from .bottleneck import CAPACITY, Bottleneck, bottleneck
from .capacity import carried
from .loss import Losses
from .traits import Traits

DELIVERED = "delivered"
LOSS = "loss"
OUTAGE = "outage"

Watch = Callable[[str, float, float, float, int, Any], None]
"""What becomes of a packet (DELIVERED or why it was dropped), when it came, how long it waited in
the queue, when it comes out or was dropped, size, payload."""


def _dice(seed: int | str, purpose: str) -> Random:
    """Each purpose has its own, so that none changes what the others do."""
    return Random(f"{seed} {purpose}")


def could_carry(traits: Traits, seed: int | str, edges: Sequence[float]) -> list[float | None]:
    """Bits that a direction's bottleneck lets through between each two of these times; None: any
    number, there is none."""
    if traits.capacity is None:
        return [None] * (len(edges) - 1)
    return list(carried(traits.capacity.segments(_dice(seed, CAPACITY)), edges))


class Direction:
    """Times are seconds from the begin of the line and never go back. The same traits, seed and
    packets have the same fate, however often `pop` is called; `watch` is told of it as soon as it
    is decided, which may be long before.

        direction = Direction(traits, seed=1)
        direction.push(0.0, 1200, "a packet")
        for at, packet in direction.pop(0.05): ...
        sleep_until(direction.next)
    """

    def __init__(self, traits: Traits, seed: int | str, watch: Watch | None = None) -> None:
        self.dropped: dict[str, int] = {}
        """Packets by reason."""
        self._watch = watch

        def dice(purpose: str) -> Random:
            return _dice(seed, purpose)

        self._bottleneck: Bottleneck | None = None
        if traits.capacity is not None:
            self._bottleneck = bottleneck(traits, dice, self._carry, self._drop)
        self._losses = Losses(traits.loss, dice("loss")) if traits.loss else None
        self._outages = deque(traits.outages)
        self._delay = traits.delay
        self._mean = traits.jitter
        self._random = dice("jitter").random
        self._overtaking = traits.reorder and traits.jitter > 0
        self._last = 0.0
        self._number = 0
        self._under_way: list[tuple[float, int, Any]] = []
        """A heap by the time when each comes out."""

    def push(self, now: float, size: int, payload: Any = None) -> None:
        """A packet of `size` bytes is sent."""
        if self._bottleneck is not None:
            self._bottleneck.push(now, size, payload)
        else:
            self._carry(now, now, 0.0, size, payload)

    def pop(self, now: float) -> list[tuple[float, Any]]:
        """What has come out by now: when, and the payload, in the order of the times."""
        if self._bottleneck is not None:
            self._bottleneck.serve(now)
        under_way = self._under_way
        out = []
        while under_way and under_way[0][0] <= now:
            at, _, payload = heapq.heappop(under_way)
            out.append((at, payload))
        return out

    @property
    def next(self) -> float:
        """When to `pop` again, unless something is pushed before; infinite when it is empty."""
        soon = self._under_way[0][0] if self._under_way else math.inf
        return min(soon, self._bottleneck.next) if self._bottleneck is not None else soon

    def follow(self, earlier: "Direction", now: float) -> None:
        """Goes on from another one, whose time was `now` at our 0: nothing overtakes what is still
        in it."""
        self._last = max(0.0, earlier._last - now)
        if self._bottleneck is not None and earlier._bottleneck is not None:
            self._bottleneck.free = max(0.0, earlier._bottleneck.free - now)

    def _carry(self, left: float, came: float, waited: float, size: int, payload: Any) -> None:
        # The dice fall for each packet, so that an outage does not change who is lost after it.
        lost = self._losses is not None and self._losses.lost()
        at = left + self._delay
        if self._mean:
            at -= self._mean * math.log(1.0 - self._random())
        if self._outages and self._is_out(left):
            self._drop(left, came, waited, size, payload, OUTAGE)
            return
        if lost:
            self._drop(left, came, waited, size, payload, LOSS)
            return
        if not self._overtaking:
            if at < self._last:
                at = self._last
            self._last = at
        self._number += 1
        heapq.heappush(self._under_way, (at, self._number, payload))
        if self._watch is not None:
            self._watch(DELIVERED, came, waited, at, size, payload)

    def _is_out(self, left: float) -> bool:
        outages = self._outages
        while outages and outages[0][1] <= left:
            outages.popleft()
        return bool(outages) and outages[0][0] <= left

    def _drop(
        self, at: float, came: float, waited: float, size: int, payload: Any, why: str
    ) -> None:
        self.dropped[why] = self.dropped.get(why, 0) + 1
        if self._watch is not None:
            self._watch(why, came, waited, at, size, payload)
