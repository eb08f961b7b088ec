"""What is ours stays ours and has a media server; at the end it is handed back."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from . import live
from .clock import Clock
from .live import Live
from .registry import RESTARTING, Registry
from .workers import Workers

log = structlog.get_logger()
SILENT_SECONDS = 10.0
"""In which Redis took nothing, though it may have refused nothing either; for health."""
MEETING_SECONDS = 6.0
"""Until a Redis that has forgotten who lives has met every media server: each says so every 3 s."""


class Keeping:
    """Work on all calls at once; a fault in one is no other's."""

    def __init__(self, registry: Registry, live: Live, workers: Workers, clock: Clock) -> None:
        self._registry = registry
        self._live = live
        self._workers = workers
        self._clock = clock
        self._taken_at = clock.steady()
        """When Redis last took what was written."""
        self._told = live.runs()
        """Those of Redis that have all that is written."""
        self._met = live.runs()
        """Those that have been asked for media servers."""
        self._all_met_at = clock.steady()

    @property
    def unheard(self) -> bool:
        """Whether Redis has taken nothing of late; for health."""
        return self._clock.steady() - self._taken_at >= SILENT_SECONDS

    async def renew_leases(self) -> None:
        """Raises RedisError or OSError while Redis is away."""
        calls = [running.call for running in self._registry.all() if running.call.usable]
        ours = await self._live.renew([call.id for call in calls])
        for call in calls:
            with without_harm("lease not regained", call.id):
                # It may have ended meanwhile, and its lease with it.
                if (call.id not in ours or call.unproven) and call.usable:
                    await self._registry.taken(call)
        async with self._told.another() as another:
            if another:
                await self._remind()

    async def look_after_workers(self) -> None:
        """A call whose worker is gone, or that found none, gets another.

        Raises RedisError or OSError while Redis is away.
        """
        # First: one whose memory or disk is full answers all that is asked. Of a process that has
        # just come nothing holds: Redis, too, may have come back only now.
        holds = await self._live.say_alive()
        await self._workers.look()
        # Asked after looking: what was seen is of this run, or of one before it.
        async with self._met.another() as another:
            now = self._taken_at = self._clock.steady()
            if another or not holds:
                self._all_met_at = now + MEETING_SECONDS
        alive = self._workers.alive if now >= self._all_met_at else set()
        for running in self._registry.all():
            call = running.call
            if call.worker is not None and call.worker not in alive and alive:
                log.warning("media server gone", call=call.id, worker=call.worker)
                call.leave_worker()
            if call.needs_worker():
                running.writer.errand.ask()

    async def _remind(self) -> None:
        """A Redis that died may lack its last seconds, or be the replica of one: what was
        acknowledged is written again, and what was gone goes."""
        log.warning("redis is another one")
        for running in self._registry.all():
            call = running.call
            with without_harm("call not written again", call.id):
                kept = await self._live.load(call.id)
                # It may have ended or been taken while we read.
                if call.usable:
                    call.touch_everything(kept)

    async def hand_back(self) -> None:
        """What is running goes on: the next process takes it over."""
        calls = self._registry.all()
        with suppress(RedisError, OSError):
            for running in calls:
                with without_harm("call not handed back", running.call.id):
                    await running.writer.write_all()
                    await self._live.release(running.call.id)
        for running in calls:
            running.call.lost = True
            running.call.close(RESTARTING)


async def again(work: Callable[[], Awaitable[None]]) -> None:
    """Does it every `live.RENEW_SECONDS`, whatever becomes of it."""
    while True:
        try:
            await work()
        except (RedisError, SQLAlchemyError, OSError) as error:
            log.warning("storage away", error=str(error))
        except Exception:
            log.exception("keeping failed")
        await asyncio.sleep(live.RENEW_SECONDS)


@contextmanager
def without_harm(failed: str, call: str) -> Iterator[None]:
    """A fault in one call must not cost the others theirs; a storage that is away costs all."""
    try:
        yield
    except (RedisError, SQLAlchemyError, OSError):
        raise
    except Exception:
        log.exception(failed, call=call)
