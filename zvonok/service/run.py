"""The life of a process: start, READY, serve, drain, end.

    async def serve(stop: Stop) -> None:
        async with everything():
            ready()
            await stop.wait()

    run(serve)

SIGTERM, SIGINT and, when a supervisor started us, the end of stdin ask for the stop. A second
signal, or a drain that takes longer than `DRAIN_SECONDS`, cancels `serve`.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable

import structlog
import uvloop

from zvonok.service import descriptors, logs
from zvonok.service.settings import SettingsError, load

READY = "READY"
DRAIN_SECONDS = 10.0
CANCEL_SECONDS = 2.0

log = structlog.get_logger()


class Stop:
    """The request to stop; lives as long as the process."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._again = asyncio.Event()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self) -> None:
        """Asks for a stop; asked for the second time, insists."""
        if self._event.is_set():
            self._again.set()
        self._event.set()

    async def wait(self) -> None:
        """Returns once a stop is requested."""
        await self._event.wait()

    async def wait_insisted(self) -> None:
        """Returns once the stop is requested for the second time."""
        await self._again.wait()


def ready() -> None:
    """Tells whoever started us that we serve."""
    print(READY, flush=True)  # noqa: T201


def run(main: Callable[[Stop], Awaitable[None]], *, process: str) -> int:
    """Runs `main` until it returns; the result is the exit status."""
    try:
        settings = load()
    except SettingsError as error:
        print(f"{process}: {error}", file=sys.stderr)  # noqa: T201
        return 2
    logs.configure(process, settings.log_level)
    descriptors.raise_limit()
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_live(main, supervised=settings.supervised))
    except Exception:
        log.exception("failed")
        return 1
    return 0


async def _live(main: Callable[[Stop], Awaitable[None]], *, supervised: bool) -> None:
    stop = Stop()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.request)
    if supervised:
        _stop_at_end_of_stdin(stop)
    work = asyncio.ensure_future(main(stop))
    watch = asyncio.ensure_future(_wait_for_drain(stop))
    try:
        await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            log.warning("drain cut short")
            work.cancel()
            await asyncio.wait({work}, timeout=CANCEL_SECONDS)
    finally:
        watch.cancel()
    if work.done() and not work.cancelled():
        work.result()


async def _wait_for_drain(stop: Stop) -> None:
    await stop.wait()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_SECONDS):
            await stop.wait_insisted()


def _stop_at_end_of_stdin(stop: Stop) -> None:
    loop = asyncio.get_running_loop()
    stdin = sys.stdin.fileno()

    def readable() -> None:
        if not os.read(stdin, 1024):
            loop.remove_reader(stdin)
            stop.request()

    loop.add_reader(stdin, readable)
