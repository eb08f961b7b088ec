"""How each viewer's line is: looked at now and then, and told of what has changed notably."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from zvonok.wire.bus import LineTile, SessionLine
from zvonok.wire.ids import Layer, Reason

from .cameras import NOTHING, Cameras
from .room import UNDECIDED
from .session import Session

if TYPE_CHECKING:
    from .kernel.core import Kernel, SessionStats, SlotStats

EVERY = 2.0
"""Seconds between two looks at one session."""
MUCH = 0.2
"""Change of an estimate or a round trip that is worth telling, as a part of what it was."""
MUCH_RTT = 20
"""Milliseconds below which a round trip has not changed notably."""
MUCH_LOSS = 0.02
OWN_DROPS = ("dropped_jobs", "dropped_held", "dropped_no_memory")
"""Counters of what the server leaves out because it is itself at its end."""
LASTING = 2
"""Looks in a row, at all sessions, by which something was left out each time: a burst is no end."""
RESTED = 5
"""Looks by which nothing was, until all is well again."""


class Lines:
    """Goes round all sessions, a few with each tick, so that none makes the others wait."""

    def __init__(self, kernel: "Kernel") -> None:
        self._kernel = kernel
        self._round: deque[int] = deque()
        self._size = 0
        self._began = -EVERY
        self._strain = Strain()
        self.cameras = Cameras()
        """What it says of the cameras that they look at."""

    def look(
        self, sessions: Mapping[int, Session], now: float, tick: float
    ) -> Iterator[tuple[Session, SessionLine]]:
        """News of those whose turn it is. `sessions` by handle; called every `tick` seconds."""
        if not self._round:
            if now - self._began < EVERY:
                return
            self._began = now
            self._round.extend(sessions)
            self._size = len(self._round)
            self._strain.look(self._kernel.counters())
            self.cameras.settle(now)
        for _ in range(min(len(self._round), int(self._size * tick / EVERY) + 1)):
            session = sessions.get(self._round.popleft())
            if session is None or session.wanted.kind == "publisher" or session.keyless:
                continue
            stats = self._kernel.session_stats(session.handle)
            if not session.lost:
                self.cameras.hear(session, stats)
            if session.wanted.kind == "viewer":
                continue
            line = line_of(session, stats, strained=self._strain.lasts)
            if session.line is None or notable(session.line, line):
                session.line = line
                yield session, line


class Strain:
    """Whether the server itself is at its end: what it leaves out is then missing in each line."""

    def __init__(self) -> None:
        self._dropped: int | None = None
        self._short = 0
        self._rested = RESTED
        self.lasts = False

    def look(self, counters: Mapping[str, int]) -> None:
        dropped = sum(counters[name] for name in OWN_DROPS)
        if self._dropped is not None and dropped > self._dropped:
            self._short, self._rested = self._short + 1, 0
        else:
            self._short, self._rested = 0, self._rested + 1
        self._dropped = dropped
        self.lasts = self._short >= LASTING or (self.lasts and self._rested < RESTED)


def line_of(session: Session, stats: "SessionStats", *, strained: bool) -> SessionLine:
    """`strained`: the server is at its end, so what is missing says nothing of this line."""
    slots = stats["slots"]
    shown = [tile for slot in slots if (tile := _tile(session, slot, strained)) is not None]
    withheld = [LineTile(slot, None, 0, "publisher") for slot in session.withheld]
    heard = stats["estimate"] > 0 or stats["rtt"] > 0
    return SessionLine(
        session=session.id,
        estimate=stats["estimate"],
        rtt_ms=round(stats["rtt"] / 1000) if stats["rtt"] else None,
        loss=round(stats["loss"], 3) if heard else None,
        tiles=sorted([*shown, *withheld], key=lambda tile: tile.slot),
    )


def _tile(session: Session, slot: "SlotStats", strained: bool) -> LineTile | None:
    shown = session.showing.get(slot["slot"])
    if shown is None or slot["given"] == UNDECIDED:
        return None
    reason: Reason = "tile"
    if strained:
        reason = "server"
    elif slot["limited"]:
        reason = "line"
    elif shown.short or slot["shown"] != slot["given"]:
        reason = "publisher"
    name = None
    if slot["shown"] != NOTHING and shown.kind == "camera":
        name = shown.source.layer_name(slot["shown"])
    elif slot["shown"] != NOTHING:
        name = "f"
    return LineTile(slot["slot"], cast("Layer | None", name), max(0, slot["temporal"]), reason)


def notable(before: SessionLine, now: SessionLine) -> bool:
    """Whether a person would want to know."""
    return (
        before.tiles != now.tiles
        or _much(before.estimate, now.estimate, 0)
        or _much(before.rtt_ms, now.rtt_ms, MUCH_RTT)
        or abs((before.loss or 0) - (now.loss or 0)) >= MUCH_LOSS
    )


def _much(before: int | None, now: int | None, least: int) -> bool:
    if not before or not now:
        return bool(before) != bool(now)
    return abs(now - before) > max(least, MUCH * before)
