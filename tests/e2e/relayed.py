"""One participant behind a line of `bench.line`, the others not.

    async with relayed(running, PRESETS["300kbit"]) as line:
        viewer = await crowd.person("Аня", script=line.script)
        await viewer.join(line.address(lesson.address))

Media of whoever gets `line.script` goes through the line in both directions; who opens the page by
`line.address` has his WebSocket in the same bottleneck, too.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from bench.line.line import Preset
from bench.line.relay import LOOPBACK, Ends, RelayThread
from tests.e2e.candidates import only_candidate
from tests.e2e.running import Running


class Relayed:
    """The line, and how a page gets into it."""

    def __init__(self, running: Running, relay: RelayThread) -> None:
        self._running = running
        self.relay = relay

    @property
    def script(self) -> str:
        """For the page: its media finds the relay alone."""
        return only_candidate(*self.relay.datagrams)

    def address(self, of_page: str) -> str:
        """The same page, and what it says to the server, through the line."""
        port = self.relay.streams[1]
        return of_page.replace(self._running.origin, f"http://localhost:{port}")

    def become(self, preset: Preset) -> None:
        """Another line from now on; the times of its steps and outages count from now."""
        self.relay.become(preset)

    @property
    def now(self) -> float:
        """s, as in the figures."""
        return self.relay.now

    def summary(self, begin: float, end: float) -> dict[str, Any]:
        """Both directions between two times: see docs/lines.md."""
        return self.relay.summary(begin, end)

    def statistics(self) -> dict[str, Any]:
        return self.relay.statistics()


@asynccontextmanager
async def relayed(
    running: Running, preset: Preset, *, seed: int = 1, host: str = LOOPBACK
) -> AsyncIterator[Relayed]:
    """`host`: where the relay listens for media; Firefox does not try a loopback address from
    another."""
    ends = Ends(
        datagrams=(LOOPBACK, running.media), streams=(LOOPBACK, running.http), listen=(host, 0)
    )
    with RelayThread(preset, seed, ends) as relay:
        yield Relayed(running, relay)
