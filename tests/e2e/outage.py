"""What can stop: a process of the server, several, or the line of one participant. And how long
people neither see nor hear each other after its return."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.e2e.line import Line
from tests.e2e.person import Person
from tests.e2e.running import Running

PROCESSES = ("sfu", "signaling", "nginx", "redis")
LINE = "line"
LOOK = 0.25
"""Seconds between two looks at what a page shows."""
GAP = 1.0
"""A picture or sound that stands still for so long is frozen."""
STEADY = 3.0
"""For so long both have to go on before they count as back; what was under way when the server
stopped may still arrive."""


@dataclass(frozen=True)
class Outage:
    """`killed`: what stood still is killed in the end and has to be started anew."""

    what: tuple[str, ...]
    seconds: float
    killed: bool = False

    def __str__(self) -> str:
        how = "hangs and dies" if self.killed else "hangs"
        return f"{'+'.join(self.what)} {how} for {self.seconds:g} s"


class Broken:
    """In the midst of an outage; `mend` ends it."""

    def __init__(self, outage: Outage, running: Running, line: Line) -> None:
        self._outage = outage
        self._running = running
        self._line = line
        self._groups: list[int] = []
        self._mark = len(running.log)

    def begin(self) -> None:
        for what in self._outage.what:
            if what == LINE:
                self._line.cut()
            else:
                self._groups.append(self._running.child(what))
        for group in self._groups:
            os.killpg(group, signal.SIGSTOP)

    def mend(self) -> None:
        number = signal.SIGKILL if self._outage.killed else signal.SIGCONT
        while self._groups:
            os.killpg(self._groups.pop(), number)
        self._line.mend()

    @property
    def returned(self) -> bool:
        """Whether everything serves again. Processes that only hung do so at once."""
        if not self._outage.killed:
            return True
        told = self._running.log[self._mark :]
        return all(f"{what} serves again" in told for what in self._outage.what)


@contextmanager
def broken(outage: Outage, running: Running, line: Line) -> Iterator[Broken]:
    """It is mended at the latest when the block ends, however it ends."""
    now = Broken(outage, running, line)
    now.begin()
    try:
        yield now
    finally:
        now.mend()


class Watch:
    """Somebody looks at somebody else, and listens."""

    def __init__(self, viewer: Person, name: str) -> None:
        self.viewer = viewer
        self._name = name
        self._before: dict[str, Any] = {}
        self._seen = self._heard = float("-inf")
        self.well_since: float | None = None

    async def look(self, now: float) -> None:
        before, self._before = (
            self._before,
            await self.viewer.page.evaluate("name => window.probe.flow(name)", self._name),
        )
        if not before:
            return
        if self._before["frames"] > before["frames"] and self._before["covered"] == "false":
            self._seen = now
        if self._before["heard"] > before["heard"]:
            self._heard = now
        well = now - min(self._seen, self._heard) < GAP and self._before["phase"] == "connected"
        if not well:
            self.well_since = None
        elif self.well_since is None:
            self.well_since = now


async def endure(
    outage: Outage, running: Running, line: Line, watches: list[Watch], patience: float
) -> float | None:
    """Seconds from the return until everybody sees and hears, and goes on to; None: not within
    `patience`."""
    with broken(outage, running, line) as now:
        await asyncio.sleep(outage.seconds)
        now.mend()
        while not now.returned:
            await asyncio.sleep(LOOK)
    returned = time.monotonic()
    for watch in watches:
        watch.well_since = None
    while (past := time.monotonic() - returned) < patience + STEADY:
        await asyncio.gather(*(watch.look(past) for watch in watches))
        since = [watch.well_since for watch in watches]
        if all(each is not None and past - each > STEADY for each in since):
            return max(each for each in since if each is not None)
        await asyncio.sleep(LOOK)
    return None
