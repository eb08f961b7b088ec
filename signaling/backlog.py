"""Work that waits to be done for some calls, and is done again until it succeeds."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
Item = TypeVar("Item")
log = structlog.get_logger()


class Backlog(Generic[Item]):
    """A set: what is added twice before its turn is done once."""

    def __init__(self, name: str, work: Callable[[Item], Awaitable[None]]) -> None:
        self._name = name
        self._work = work
        self._items: dict[Item, None] = {}
        self._some = asyncio.Event()
        self.failing = False
        """The last attempt failed; for health."""

    def add(self, item: Item) -> None:
        self._items[item] = None
        self._some.set()

    async def run(self) -> None:
        """Works until cancelled. What fails is tried again, after all others had their turn."""
        pause = FIRST_PAUSE
        while True:
            await self._some.wait()
            item = next(iter(self._items))
            del self._items[item]
            try:
                await self._work(item)
            except (RedisError, SQLAlchemyError, OSError) as error:
                log.warning("work delayed", work=self._name, error=str(error), retry_in=pause)
                self.failing = True
            except Exception:
                # A fault in one call must not end the work for all others.
                log.exception("work failed", work=self._name)
                self.failing = True
            else:
                self.failing, pause = False, FIRST_PAUSE
            if self.failing:
                self.add(item)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            if not self._items:
                self._some.clear()
