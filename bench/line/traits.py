"""What one direction of a line is like. Times in s, rates in bit/s."""

from dataclasses import dataclass

from .capacity import Capacity
from .loss import Loss
from .rival import Greedy


@dataclass(frozen=True)
class Codel:
    """RFC 8289. On slow lines the target should be no less than the sending of a packet takes."""

    target: float = 0.005
    interval: float = 0.1


@dataclass(frozen=True)
class Queue:
    """What waits before the bottleneck. Exactly one of the limits is given; one packet always
    finds room."""

    bytes: int | None = None
    """All that waits; so a small packet may find room where a large one finds none."""
    seconds: float | None = None
    """Whoever finds as much as the rate of the moment carries in that time is dropped, small or
    large. While nothing is carried the rate before counts."""
    codel: Codel | None = None
    """Without it the queue drops what comes when it is full (drop-tail), and so it does with it."""

    def __post_init__(self) -> None:
        if (self.bytes is None) == (self.seconds is None):
            raise ValueError("a queue has a limit in bytes or in seconds")
        if (self.bytes or self.seconds or 0) <= 0:
            raise ValueError("a queue has room for more than nothing")


@dataclass(frozen=True)
class Traits:
    """In the order in which a packet meets them: the rival and the queue before the bottleneck,
    then loss and outages, then the delay."""

    capacity: Capacity | None = None
    """None: no bottleneck."""
    queue: Queue = Queue(seconds=0.2)
    rival: Greedy | None = None
    """Who else fills the queue."""
    loss: Loss | None = None
    outages: tuple[tuple[float, float], ...] = ()
    """From, to: whatever leaves the bottleneck in that time is lost."""
    delay: float = 0.0
    jitter: float = 0.0
    """Mean of an exponential delay beside `delay`."""
    reorder: bool = False
    """Whether jitter lets packets overtake each other; otherwise the later one waits."""

    def __post_init__(self) -> None:
        if self.delay < 0 or self.jitter < 0:
            raise ValueError("a delay is 0 s or more")
        if self.rival is not None and self.capacity is None:
            raise ValueError("a rival needs a bottleneck to compete for")
        times = [time for outage in self.outages for time in outage]
        if times != sorted(times):
            raise ValueError("outages are in order and do not overlap")


PLAIN = Traits()
"""As if there were no line between."""
