"""How many bits a line carries, over time.

A capacity is a series of segments `(begin, bit/s)`, the first at 0, each lasting until the next
begins and the last for ever. Some are random: the same dice give the same segments.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Protocol

Segment = tuple[float, float]
"""When it begins, s; bit/s."""
OPPORTUNITY_BITS = 1504 * 8
"""What mahimahi lets out at each of its moments: a packet of 1500 bytes and the header of the
tunnel."""


class Capacity(Protocol):
    def segments(self, dice: Random) -> Iterator[Segment]: ...


@dataclass(frozen=True)
class Steps:
    """Known beforehand: `Steps(((0, 2e6), (10, 300e3)))`. With `period`, s, it begins anew then."""

    steps: tuple[Segment, ...]
    period: float | None = None

    def __post_init__(self) -> None:
        times = [begin for begin, _ in self.steps]
        if not times or times[0] != 0 or any(b <= a for a, b in pairwise(times)):
            raise ValueError("the first segment begins at 0 s, and each other one later")
        if any(not 0 <= rate < math.inf for _, rate in self.steps):
            raise ValueError("a rate is 0 bit/s or more")
        if self.period is not None and self.period <= times[-1]:
            raise ValueError("the period ends after its last segment has begun")
        if not any(rate for _, rate in self.steps):
            raise ValueError("some segment has to carry something")
        if self.period is None and self.steps[-1][1] == 0:
            raise ValueError("the last segment lasts for ever and has to carry something")

    def segments(self, dice: Random) -> Iterator[Segment]:
        yield from self.steps
        round_ = 0
        while self.period is not None:
            round_ += 1
            for begin, rate in self.steps:
                yield round_ * self.period + begin, rate


def steady(rate: float) -> Steps:
    """`rate`: bit/s."""
    return Steps(((0.0, rate),))


def trace(moments_ms: Sequence[int]) -> Steps:
    """A trace as mahimahi has it: at each moment, ms, 1500 bytes may leave; it repeats.

    The bits of a moment are spread over the time since the one before, so that as much has been
    carried by each moment as there. Raises ValueError.
    """
    if not moments_ms or moments_ms[-1] <= 0 or any(b < a for a, b in pairwise(moments_ms)):
        raise ValueError("a trace has moments in ms that never go back, the last above 0")
    # What is let out at 0 belongs to the end of the round before.
    counts: dict[int, int] = {}
    for moment in moments_ms:
        counts[moment or moments_ms[-1]] = counts.get(moment or moments_ms[-1], 0) + 1
    begins = [0, *sorted(counts)]
    found = [
        (begin / 1000, counts[end] * OPPORTUNITY_BITS * 1000 / (end - begin))
        for begin, end in pairwise(begins)
    ]
    return Steps(tuple(found), period=begins[-1] / 1000)


def read_trace(path: Path) -> Steps:
    """A file of mahimahi: one moment per line. Raises OSError, ValueError."""
    lines = path.read_text(encoding="ascii", errors="replace").split()
    try:
        moments = [int(line) for line in lines]
    except ValueError:
        raise ValueError(f"{path}: a trace has one whole number of milliseconds per line") from None
    return trace(moments)


@dataclass(frozen=True)
class Wander:
    """Radio: every `hold` s another rate, lognormal about `median` bit/s with the standard
    deviation `sigma` of its logarithm, drawn towards the one before by `memory` (0–1)."""

    median: float
    sigma: float
    hold: float = 0.5
    memory: float = 0.8
    most: float = math.inf

    def segments(self, dice: Random) -> Iterator[Segment]:
        # An autoregressive process of which each value has the same spread.
        fresh = math.sqrt(1 - self.memory**2)
        level = dice.gauss(0, 1)
        number = 0
        while True:
            yield number * self.hold, min(self.most, self.median * math.exp(self.sigma * level))
            number += 1
            level = self.memory * level + fresh * dice.gauss(0, 1)


@dataclass(frozen=True)
class Stalls:
    """Nothing is carried for a while, and what waited comes in a burst: others have the channel,
    or a radio cell is changed. Both times are means of exponential ones, s."""

    capacity: Capacity
    every: float
    """From the end of one to the begin of the next."""
    length: float
    least: float = 0.0
    """No stall is shorter."""

    def segments(self, dice: Random) -> Iterator[Segment]:
        stalls = self._stalls(Random(dice.random()))
        begin, end = next(stalls)
        rate = 0.0
        for start, stop, rate in _spans(self.capacity.segments(dice)):
            while begin < stop:
                if start < begin:
                    yield start, rate
                    yield begin, 0.0
                start = max(start, begin)
                if end >= stop:
                    break
                start = end
                begin, end = next(stalls)
            if not begin <= start < end:
                yield start, rate

    def _stalls(self, dice: Random) -> Iterator[tuple[float, float]]:
        end = 0.0
        while True:
            begin = end + dice.expovariate(1 / self.every)
            end = begin + self.least + dice.expovariate(1 / max(1e-9, self.length - self.least))
            yield begin, end


def _spans(segments: Iterable[Segment]) -> Iterator[tuple[float, float, float]]:
    """Each with its end."""
    begin, rate = 0.0, 0.0
    for following, next_rate in segments:
        if following > begin:
            yield begin, following, rate
        begin, rate = following, next_rate
    yield begin, math.inf, rate


class Transmitter:
    """Works its way through a capacity; asked for times that never go back."""

    __slots__ = ("_next", "_rate", "_segments", "_until")

    def __init__(self, segments: Iterator[Segment]) -> None:
        self._segments = segments
        self._rate = next(segments)[1]
        self._next: Segment = next(segments, (math.inf, 0.0))
        self._until = self._next[0]

    def _advance(self) -> None:
        self._rate = self._next[1]
        self._next = next(self._segments, (math.inf, 0.0))
        self._until = self._next[0]

    def rate(self, now: float) -> float:
        """bit/s."""
        while now >= self._until:
            self._advance()
        return self._rate

    def finish(self, start: float, bits: float) -> float:
        """When bits whose sending begins at `start` have been sent."""
        while start >= self._until:
            self._advance()
        while True:
            rate = self._rate
            if rate > 0:
                end = start + bits / rate
                if end <= self._until:
                    return end
                bits -= (self._until - start) * rate
            start = self._until
            self._advance()


def carried(segments: Iterator[Segment], edges: Sequence[float]) -> list[float]:
    """Bits that could be sent between each two of these times, which never go back."""
    found = [0.0] * (len(edges) - 1)
    number = 0
    for begin, end, rate in _spans(segments):
        while number < len(found):
            found[number] += rate * max(
                0.0, min(end, edges[number + 1]) - max(begin, edges[number])
            )
            if edges[number + 1] > end:
                break
            number += 1
        if number == len(found):
            break
    return found
