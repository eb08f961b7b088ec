"""Packets that go through one direction of a line."""

from collections.abc import Iterable
from random import Random
from typing import Any

from bench.line.direction import DELIVERED, Direction
from bench.line.traits import Traits

Sent = tuple[float, int]
"""When, bytes."""


class Flow:
    """What became of all packets; their payload is their number."""

    def __init__(
        self, traits: Traits, packets: Iterable[Sent], seed: int = 1, looks: Iterable[float] = ()
    ) -> None:
        """`looks`: when somebody asks in between what has come out."""
        self.sent = list(packets)
        self.fates: dict[int, str] = {}
        self.waited: dict[int, float] = {}
        self.came: list[tuple[float, int]] = []
        """When each came out, and its number, in that order."""
        direction = Direction(traits, seed, self._watch)
        events: list[tuple[float, int]] = [(at, n) for n, (at, _) in enumerate(self.sent)]
        events += [(at, -1) for at in looks]
        for at, number in sorted(events):
            if number < 0:
                self.came += direction.pop(at)
            else:
                direction.push(at, self.sent[number][1], number)
        # An end that is asked of `next` shows that it never skips anything.
        while direction.next < float("inf"):
            self.came += direction.pop(direction.next)
        self.dropped = direction.dropped

    def _watch(
        self, fate: str, came: float, waited: float, at: float, size: int, payload: Any
    ) -> None:
        assert payload not in self.fates, "each has one fate"
        assert (came, size) == self.sent[payload]
        assert at >= came
        assert waited >= 0
        self.fates[payload] = fate
        self.waited[payload] = waited

    @property
    def numbers(self) -> list[int]:
        return [number for _, number in self.came]

    @property
    def delays(self) -> list[float]:
        return [at - self.sent[number][0] for at, number in self.came]

    def share(self, fate: str = DELIVERED) -> float:
        return sum(each == fate for each in self.fates.values()) / len(self.sent)


def even(rate: float, seconds: float, size: int = 1200) -> list[Sent]:
    """So many bit/s in packets of one size."""
    gap = size * 8 / rate
    return [(number * gap, size) for number in range(round(seconds / gap))]


def uneven(rate: float, seconds: float, seed: int) -> list[Sent]:
    """As pictures come: bursts of some packets of different sizes."""
    dice = Random(seed)
    packets: list[Sent] = []
    now = 0.0
    while now < seconds:
        burst = [dice.randint(100, 1250) for _ in range(dice.randint(1, 8))]
        packets += [(now, size) for size in burst]
        now += dice.expovariate(1.0) * sum(burst) * 8 / rate
    return packets
