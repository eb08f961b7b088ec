"""Somebody else's upload or download in the same queue: a greedy TCP of additive increase and
multiplicative decrease (RFC 5681), as far as a queue feels it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

INITIAL_WINDOW = 10
"""Segments (RFC 6928)."""


@dataclass(frozen=True)
class Greedy:
    """`rtt`: its round trip without the queue, s. `window`: most bytes under way, its receiver's
    window. `begin`, `end`: when it has something to send, s."""

    rtt: float
    window: int = 1 << 20
    segment: int = 1500
    begin: float = 0.0
    end: float = inf


class Window:
    """A congestion window in segments."""

    def __init__(self, most: float) -> None:
        self._most = most
        self.segments = min(float(INITIAL_WINDOW), most)
        self._threshold = inf
        self._grace = 0

    def hear(self, arrived: bool, under_way: int) -> None:
        """What became of a segment; `under_way`: how many there are without it. They are heard of
        in their order."""
        in_event = self._grace > 0
        self._grace -= in_event
        if arrived:
            slow_start = self.segments < self._threshold
            self.segments += 1.0 if slow_start else 1.0 / self.segments
            self.segments = min(self.segments, self._most)
        elif not in_event:
            self._threshold = self.segments = max(2.0, self.segments / 2)
            # What is lost of that which was under way then is one event (RFC 5681 §3.2).
            self._grace = under_way


class Rival:
    """Sends through the `push(now, size)` that `run` is given; then it has to be told of each
    segment, in their order, whether it was `sent` or `dropped`."""

    def __init__(self, greedy: Greedy) -> None:
        self._greedy = greedy
        self._window = Window(max(2, greedy.window // greedy.segment))
        self._under_way = 0
        self._told: deque[tuple[float, bool]] = deque([(greedy.begin, True)])
        """When what became of a segment is known, and whether it arrived."""
        self.next = greedy.begin
        """When it does something again."""

    def run(self, push: Callable[[float, int], None]) -> None:
        """What it does at `next`: it hears of a segment, and sends as many as it may."""
        now, arrived = self._told.popleft()
        if self._under_way:
            self._under_way -= 1
            self._window.hear(arrived, self._under_way)
        while self._under_way < int(self._window.segments) and now < self._greedy.end:
            self._under_way += 1
            push(now, self._greedy.segment)
        self.next = self._told[0][0] if self._told else inf

    def sent(self, at: float) -> None:
        """A segment has left the queue."""
        self._tell(at + self._greedy.rtt, True)

    def dropped(self, at: float) -> None:
        """`at`: when what was in the queue before it has left, as far as that is known."""
        self._tell(at + self._greedy.rtt, False)

    def _tell(self, at: float, arrived: bool) -> None:
        self._told.append((at, arrived))
        self.next = self._told[0][0]
