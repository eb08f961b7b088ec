"""The tasks of a process: each has an owner, and none ends unseen."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger()
INSIST_SECONDS = 0.2


class Tasks:
    """A TaskGroup whose tasks are ended with the block.

    A task that ends by an exception, or that was to go on for ever and ends, ends the block: it is
    better to be started again than to live on without it.
    """

    def __init__(self) -> None:
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self.alive = True
        """For health: nothing has ended that was to go on."""

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._cancel_all()
        await self._group.__aexit__(kind, error, trace)

    def begin(
        self, work: Callable[[], Awaitable[None]], *, name: str, forever: bool = False
    ) -> None:
        task = self._group.create_task(self._watched(work, forever=forever), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watched(self, work: Callable[[], Awaitable[None]], *, forever: bool) -> None:
        try:
            await work()
            if forever:
                raise RuntimeError("this was to go on as long as the process")
        except Exception:
            self.alive = False
            log.exception("task died")
            raise

    async def _cancel_all(self) -> None:
        """A library may swallow a cancellation, so it is repeated."""
        left = set(self._tasks)
        while left:
            for task in left:
                task.cancel()
            _, left = await asyncio.wait(left, timeout=INSIST_SECONDS)
            for task in left:
                log.warning("task goes on", task=repr(task.get_stack(limit=3)))
