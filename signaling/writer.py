"""Writes one call to Redis: in order, under its lease, until it succeeds."""

import asyncio
from typing import Protocol

import structlog

from .errand import Errand
from .live import Live
from .live_call import LiveCall
from .workers import Workers

log = structlog.get_logger()


class Keeper(Protocol):
    """Who keeps the call, as its writer sees it."""

    async def finished(self, call: LiveCall) -> None:
        """The end of the call is written."""

    async def taken(self, call: LiveCall) -> None:
        """Nothing was written: the call is not known to be ours. It is regained, or let go."""


class Writer:
    """Each call has its own, so that none waits for what is slow in another."""

    def __init__(self, call: LiveCall, live: Live, workers: Workers, keeper: Keeper) -> None:
        self._call = call
        self._live = live
        self._workers = workers
        self._keeper = keeper
        self._lock = asyncio.Lock()
        self.errand = Errand("write call", self.write)

    async def write(self) -> None:
        """Writes what is not written yet, or a part of it and asks for the rest.

        Raises RedisError or OSError; nothing is lost then.
        """
        async with self._lock:
            if self._call.lost or self._call.closed:
                return
            ours = not self._call.unproven and await self._write_some()
        if not ours:
            # Also when it is over: the lease may have run out unseen, and what is left is ours.
            await self._keeper.taken(self._call)
        elif self._call.unwritten:
            self.errand.ask()
        elif self._call.engine.over:
            await self._keeper.finished(self._call)

    async def write_all(self) -> None:
        """Writes until nothing is left to be written."""
        await self.write()
        while self._call.unwritten and not (self._call.lost or self._call.closed):
            await self.write()

    async def _write_some(self) -> bool:
        """False: the lease is not ours."""
        if self._call.needs_worker():
            await self._find_worker()
        commands = self._call.take_writes()
        try:
            ours = await self._live.write(self._call.id, commands)
        except BaseException:
            # Also when cancelled: whether Redis has it is not known, and twice does no harm.
            self._call.untake()
            raise
        if ours:
            self._call.written()
        else:
            self._call.untake()
        return ours

    async def _find_worker(self) -> None:
        worker = await self._workers.choose()
        if worker is None:
            log.warning("no media server", call=self._call.id)
        else:
            self._call.move_to(worker)
