"""A piece of work that is done whenever it is asked for, and again until it succeeds."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
log = structlog.get_logger()


class Errand:
    """Asked for several times before its turn it is done once; asked for while it is being
    done, it is done once more."""

    def __init__(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._work = work
        self._asked = asyncio.Event()
        self._ended = False
        self.failing = False
        """The last attempt failed; for health."""

    def ask(self) -> None:
        self._asked.set()

    def end(self) -> None:
        """`run` returns, after the attempt that is under way."""
        self._ended = True
        self._asked.set()

    async def run(self) -> None:
        pause = FIRST_PAUSE
        while True:
            await self._asked.wait()
            if self._ended:
                return
            # Before the work: whoever asks during it may mean what it has already passed by.
            self._asked.clear()
            if await self._attempt(pause):
                pause = FIRST_PAUSE
                continue
            self._asked.set()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _attempt(self, pause: float) -> bool:
        try:
            await self._work()
        except (RedisError, SQLAlchemyError, OSError) as error:
            log.warning("work delayed", work=self._name, error=str(error), retry_in=pause)
            self.failing = True
        except Exception:
            # A fault in one call must not end the process, and so all others.
            log.exception("work failed", work=self._name)
            self.failing = True
        else:
            self.failing = False
        return not self.failing
