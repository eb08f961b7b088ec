"""A line in real time: whatever is sent through it arrives when the models say."""

import asyncio
import math
import time
from collections.abc import Callable, Iterable
from typing import Any

from .direction import DELIVERED, Direction, Watch
from .line import DOWN, UP, Preset
from .statistics import Record

Arrive = Callable[[], None]
Dropped = Callable[[float], None]
"""Is told when, on the clock of the wire."""
NEVER = math.inf


class Lane:
    """One direction. When the preset changes what is under way in the old one still comes out."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.record = Record()
        self._directions: list[tuple[float, Direction]] = []
        """When each began; the last one is in force."""

    def become(self, preset: Preset, seed: str, now: float) -> None:
        traits = preset.up if self.name == UP else preset.down
        self.record.epoch(now, traits, seed)
        direction = Direction(traits, seed, self._watch(now))
        if self._directions:
            began, earlier = self._directions[-1]
            direction.follow(earlier, now - began)
        self._directions.append((now, direction))

    def _watch(self, began: float) -> Watch:
        add = self.record.add

        def watch(
            fate: str, came: float, waited: float, at: float, size: int, payload: Any
        ) -> None:
            add(fate, began + came, waited, began + at, size)
            if fate != DELIVERED and payload[1] is not None:
                payload[1](began + at)

        return watch

    def push(self, now: float, size: int, arrive: Arrive, dropped: Dropped | None) -> None:
        began, direction = self._directions[-1]
        direction.push(now - began, size, (arrive, dropped))

    def pop(self, now: float) -> None:
        # Who is told of an arrival may send something.
        for began, direction in tuple(self._directions):
            for _, (arrive, _) in direction.pop(now - began):
                arrive()
        if len(self._directions) > 1 and self._directions[0][1].next == NEVER:
            del self._directions[0]

    @property
    def next(self) -> float:
        return min(began + direction.next for began, direction in self._directions)


class Wire:
    """Times are seconds since it was made. One timer for all that is under way."""

    def __init__(self, preset: Preset, seed: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._began = time.monotonic()
        self._seed = seed
        self._lanes = {UP: Lane(UP), DOWN: Lane(DOWN)}
        self._timer: asyncio.TimerHandle | None = None
        self._due = NEVER
        self.marks: list[tuple[float, str]] = []
        self.presets: list[str] = []
        self._become(preset, 0.0)

    @property
    def now(self) -> float:
        return time.monotonic() - self._began

    def become(self, preset: Preset) -> None:
        """From now on it is like that; the preset's times count from now."""
        self._become(preset, self.now)

    def _become(self, preset: Preset, now: float) -> None:
        self.preset = preset
        for name, lane in self._lanes.items():
            lane.become(preset, f"{self._seed}+{len(self.presets)} {name}", now)
        self.presets.append(preset.name)
        self.marks = [mark for mark in self.marks if mark[0] <= now]
        self.marks.append((now, preset.name))
        self.marks += [(now + at, what) for at, what in preset.marks()]

    def mark(self, what: str) -> None:
        """A time from which on things are counted for themselves."""
        self.marks.append((self.now, what))

    def send(
        self, direction: str, size: int, arrive: Arrive, dropped: Dropped | None = None
    ) -> None:
        """`size`: bytes of the IP packet. Either `arrive` or `dropped` is called, once; `dropped`
        as soon as that is decided, perhaps at once."""
        now = self.now
        lane = self._lanes[direction]
        lane.push(now, size, arrive, dropped)
        if lane.next <= now:
            lane.pop(now)
        self._arm()

    def record(self, direction: str) -> Record:
        return self._lanes[direction].record

    def _arm(self) -> None:
        due = min(lane.next for lane in self._lanes.values())
        if due >= self._due or due == NEVER:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        self._timer = self._loop.call_later(max(0.0, due - self.now), self._run)

    def _run(self) -> None:
        self._timer = None
        self._due = NEVER
        now = self.now
        for lane in self._lanes.values():
            lane.pop(now)
        self._arm()

    def close(self) -> None:
        """What is under way never arrives."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = -NEVER

    def statistics(self) -> dict[str, Any]:
        """In both directions over all, between the marks, and as a series."""
        end = self.now
        marks = _joined(mark for mark in self.marks if mark[0] < end)
        edges = [*(at for at, _ in marks), end]
        phases = [
            {"begin": begin, "end": until, "what": what, **self.summary(begin, until)}
            for (begin, what), until in zip(marks, edges[1:], strict=True)
        ]
        return {
            "presets": self.presets,
            "seed": self._seed,
            "seconds": end,
            "marks": [{"t": at, "what": what} for at, what in marks],
            **self.summary(0.0, end),
            "phases": phases,
            "series": {name: lane.record.series(end) for name, lane in self._lanes.items()},
            "forgotten": sum(lane.record.forgotten for lane in self._lanes.values()),
        }

    def summary(self, begin: float, end: float) -> dict[str, Any]:
        return {name: lane.record.summary(begin, end) for name, lane in self._lanes.items()}


def _joined(marks: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    """What happens at the same time is one mark."""
    found: dict[float, list[str]] = {}
    for at, what in sorted(marks):
        found.setdefault(at, []).append(what)
    return [(at, ", ".join(what)) for at, what in found.items()]
