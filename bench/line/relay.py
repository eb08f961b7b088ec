"""Relays of UDP and TCP through one line, and a thread for them."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from .datagrams import Address, DatagramRelay
from .line import Preset
from .streams import StreamRelay
from .wire import Wire

LOOPBACK = "127.0.0.1"
PATIENCE = 30.0
T = TypeVar("T")


@dataclass(frozen=True)
class Ends:
    """Where the services are, and where a relay listens; port 0 is any that is free."""

    datagrams: Address | None = None
    streams: Address | None = None
    listen: Address = (LOOPBACK, 0)
    listen_streams: Address = (LOOPBACK, 0)


class Relay:
    """In a running loop; to be used as a context manager. Raises OSError when a port is taken."""

    def __init__(self, preset: Preset, seed: int, ends: Ends) -> None:
        self._preset = preset
        self._seed = seed
        self._ends = ends
        self._datagrams: DatagramRelay | None = None
        self._streams: StreamRelay | None = None
        self._changes: list[asyncio.TimerHandle] = []

    async def __aenter__(self) -> Self:
        self.wire = Wire(self._preset, self._seed)
        async with AsyncExitStack() as stack:
            if self._ends.datagrams:
                self._datagrams = DatagramRelay(self.wire, self._ends.datagrams, self._ends.listen)
                stack.callback(self._datagrams.close)
            if self._ends.streams:
                self._streams = StreamRelay(self.wire, self._ends.streams)
                await self._streams.start(self._ends.listen_streams)
                stack.push_async_callback(self._streams.close)
            self._plan_changes()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._forget_changes()
        self.wire.close()
        await self._stack.aclose()

    @property
    def datagrams(self) -> Address:
        """Where clients send their datagrams."""
        assert self._datagrams is not None
        return self._datagrams.address

    @property
    def streams(self) -> Address:
        """Where clients connect to."""
        assert self._streams is not None
        return self._streams.address

    def become(self, preset: Preset) -> None:
        """Another line from now on; its times count from now."""
        self.wire.become(preset)
        self._plan_changes()

    def change_address(self) -> None:
        """The service sees every client come from another port; see DatagramRelay."""
        if self._datagrams:
            self._datagrams.change_address()

    def break_connections(self) -> None:
        if self._streams:
            self._streams.break_connections()

    def statistics(self) -> dict[str, Any]:
        """docs/lines.md says what is in it."""
        failed = self._datagrams.failed if self._datagrams else 0
        return {**self.wire.statistics(), "not_handed_on": failed}

    def _plan_changes(self) -> None:
        self._forget_changes()
        loop = asyncio.get_running_loop()
        for at in self.wire.preset.changes:
            self._changes.append(loop.call_later(at, self.change_address))

    def _forget_changes(self) -> None:
        while self._changes:
            self._changes.pop().cancel()


class RelayThread:
    """A relay with a thread and a loop of its own, so that nothing else holds it up. Its methods
    may be called from anywhere else."""

    def __init__(self, preset: Preset, seed: int, ends: Ends) -> None:
        self._relay = Relay(preset, seed, ends)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="line", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self._wait(self._relay.__aenter__())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._wait(self._relay.__aexit__())
        finally:
            self._end()

    def _end(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def _wait(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(PATIENCE)

    def _call(self, what: Callable[..., T], *arguments: Any) -> T:
        async def there() -> T:
            return what(*arguments)

        return self._wait(there())

    @property
    def datagrams(self) -> Address:
        return self._relay.datagrams

    @property
    def streams(self) -> Address:
        return self._relay.streams

    @property
    def now(self) -> float:
        """Seconds since it began, as in the statistics."""
        return self._relay.wire.now

    def become(self, preset: Preset) -> None:
        self._call(self._relay.become, preset)

    def mark(self, what: str) -> None:
        self._call(self._relay.wire.mark, what)

    def change_address(self) -> None:
        self._call(self._relay.change_address)

    def break_connections(self) -> None:
        self._call(self._relay.break_connections)

    def summary(self, begin: float, end: float) -> dict[str, Any]:
        """Both directions between two times."""
        return self._call(self._relay.wire.summary, begin, end)

    def statistics(self) -> dict[str, Any]:
        return self._call(self._relay.statistics)
