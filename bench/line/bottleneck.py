"""The queue before a narrow place: who has to wait there and how long, and who is dropped."""

import math
from collections import deque
from collections.abc import Callable
from random import Random
from typing import Any

from .capacity import Transmitter
from .rival import Rival
from .traits import Codel, Traits

Leave = Callable[[float, float, float, int, Any], None]
"""When a packet has left, when it had come, how long it waited until its sending began, size,
payload."""
Drop = Callable[[float, float, float, int, Any, str], None]
"""When a packet was dropped, when it had come, how long it waited, size, payload, why."""

CAPACITY = "capacity"
"""What its dice are for."""
QUEUE = "queue"
CODEL = "codel"
RIVAL = object()
"""The payload of what is not ours."""
LARGEST = 1500
"""Bytes of a packet: CoDel drops nothing while no more than that waits (RFC 8289 §5.6)."""


class Bottleneck:
    """First come, first served, up to a limit; what finds no room is dropped (drop-tail).

    Nothing that comes later changes what happens to a packet, so it is told at once when it will
    have left.
    """

    def __init__(self, traits: Traits, dice: Callable[[str], Random], leave: Leave, drop: Drop):
        capacity = traits.capacity
        assert capacity is not None
        self._transmitter = Transmitter(capacity.segments(dice(CAPACITY)))
        # A second way through the same segments: the first one is ahead of the time.
        self._present = Transmitter(capacity.segments(dice(CAPACITY)))
        self._limit = float(traits.queue.bytes or 0)
        self._seconds = traits.queue.seconds
        self._leave = leave
        self._drop = drop
        self._waiting: deque[tuple[float, int]] = deque()
        """When it will have left, size."""
        self._bytes = 0
        self.free = 0.0
        """When the line has sent all that it has taken."""
        self._rival = Rival(traits.rival) if traits.rival else None

    def push(self, now: float, size: int, payload: Any) -> None:
        self.serve(now)
        self._take(now, size, payload)

    def serve(self, now: float) -> None:
        """Does what was due until now."""
        rival = self._rival
        if rival is not None:
            while rival.next <= now:
                rival.run(self._take_rivals)

    @property
    def next(self) -> float:
        """When `serve` has something to do that concerns our packets."""
        return math.inf

    def _is_full(self, now: float, size: int) -> bool:
        if self._seconds is None:
            return self._bytes + size > self._limit
        rate = self._present.rate(now)
        if rate > 0:
            self._limit = self._seconds * rate / 8
        return self._bytes >= self._limit

    def _take(self, now: float, size: int, payload: Any) -> None:
        waiting = self._waiting
        while waiting and waiting[0][0] <= now:
            self._bytes -= waiting.popleft()[1]
        free = self.free
        if waiting and self._is_full(now, size):
            self._refuse(now, size, payload)
            return
        start = free if free > now else now
        self.free = end = self._transmitter.finish(start, size * 8)
        waiting.append((end, size))
        self._bytes += size
        if payload is RIVAL:
            assert self._rival is not None
            self._rival.sent(end)
        else:
            self._leave(end, now, start - now, size, payload)

    def _take_rivals(self, now: float, size: int) -> None:
        self._take(now, size, RIVAL)

    def _refuse(self, now: float, size: int, payload: Any) -> None:
        if payload is RIVAL:
            assert self._rival is not None
            self._rival.dropped(max(self.free, now))
        else:
            self._drop(now, now, 0.0, size, payload, QUEUE)


class CodelBottleneck(Bottleneck):
    """The same, but controlled by how long packets have waited (RFC 8289): that is decided only
    when the line is free for the next, so what comes meanwhile counts."""

    def __init__(self, traits: Traits, dice: Callable[[str], Random], leave: Leave, drop: Drop):
        super().__init__(traits, dice, leave, drop)
        assert traits.queue.codel is not None
        self._control = Control(traits.queue.codel)
        self._queued: deque[tuple[float, int, Any]] = deque()
        """When it came, size, payload."""

    def serve(self, now: float) -> None:
        rival, queued = self._rival, self._queued
        while True:
            # A packet that comes as the line becomes free finds the queue before that.
            begin = max(self.free, queued[0][0]) if queued else math.inf
            if rival is not None and rival.next < begin:
                if rival.next > now:
                    return
                rival.run(self._take_rivals)
            elif begin <= now:
                self._send_next(begin)
            else:
                return

    @property
    def next(self) -> float:
        return max(self.free, self._queued[0][0]) if self._queued else math.inf

    def _take(self, now: float, size: int, payload: Any) -> None:
        if self._queued and self._is_full(now, size):
            self._refuse(now, size, payload)
            return
        self._queued.append((now, size, payload))
        self._bytes += size

    def _send_next(self, now: float) -> None:
        queued = self._queued
        while queued:
            came, size, payload = queued.popleft()
            self._bytes -= size
            if self._control.keeps(now, now - came, self._bytes):
                self.free = end = self._transmitter.finish(now, size * 8)
                if payload is RIVAL:
                    assert self._rival is not None
                    self._rival.sent(end)
                else:
                    self._leave(end, came, now - came, size, payload)
                return
            if payload is RIVAL:
                assert self._rival is not None
                self._rival.dropped(now)
            else:
                self._drop(now, came, now - came, size, payload, CODEL)


class Control:
    """Which packets CoDel drops (RFC 8289 §5), asked for each as it is to be sent."""

    def __init__(self, codel: Codel) -> None:
        self._target = codel.target
        self._interval = codel.interval
        self._above_from: float | None = None
        """From when on it would have been above the target for a whole interval."""
        self._dropping = False
        self._count = 0
        """Drops since the dropping state was entered."""
        self._entered_with = 0
        self._next = 0.0

    def keeps(self, now: float, waited: float, backlog: int) -> bool:
        """`backlog`: bytes that wait behind it."""
        too_long = self._too_long(now, waited, backlog)
        if self._dropping:
            if not too_long:
                self._dropping = False
                return True
            if now < self._next:
                return True
            self._count += 1
            self._next = self._after(self._next)
            return False
        if not too_long:
            return True
        self._enter(now)
        return False

    def _too_long(self, now: float, waited: float, backlog: int) -> bool:
        if waited < self._target or backlog <= LARGEST:
            self._above_from = None
            return False
        if self._above_from is None:
            self._above_from = now + self._interval
            return False
        return now >= self._above_from

    def _enter(self, now: float) -> None:
        self._dropping = True
        # Not long after the last time it goes on at the pace that worked then.
        fresh = self._count - self._entered_with
        recent = now - self._next < 16 * self._interval
        self._count = fresh if fresh > 1 and recent else 1
        self._entered_with = self._count
        self._next = self._after(now)

    def _after(self, at: float) -> float:
        return at + self._interval / math.sqrt(self._count)


def bottleneck(
    traits: Traits, dice: Callable[[str], Random], leave: Leave, drop: Drop
) -> Bottleneck:
    kind = CodelBottleneck if traits.queue.codel else Bottleneck
    return kind(traits, dice, leave, drop)
