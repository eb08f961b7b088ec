"""Reads from Redis what is wanted, whenever somebody says 'look again'."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from zvonok.service.bus import Announcement, Subscription
from zvonok.wire import bus

from .engine import Engine

RETRY = 0.5
"""Seconds to wait for a Redis that does not answer."""
BREATH = 16
"""Sessions taken in a row before media events get their turn."""

log = structlog.get_logger()


class Looks:
    """Keeps the engine at what Redis says. `changed` is called after every change.

    Two tasks: `listen` collects what to look at, `work` looks. Whatever was missed while the
    subscription was away is found by looking at everything once it is back.
    """

    def __init__(
        self,
        redis: Redis,
        subscription: Subscription,
        engine: Engine,
        worker: str,
        clock: Callable[[], float],
        changed: Callable[[], None],
    ) -> None:
        self._redis = redis
        self._subscription = subscription
        self._engine = engine
        self._worker = worker
        self._clock = clock
        self._changed = changed
        self._pending: dict[tuple[str, str], None] = {}
        self._everything = False
        self._wake = asyncio.Event()

    async def listen(self) -> None:
        await self._subscription.add(bus.worker_key(self._worker))
        async for item in self._subscription:
            if isinstance(item, Announcement):
                try:
                    look = bus.decode_look(item.data)
                except msgspec.MsgspecError as error:
                    log.warning("bad look", error=str(error))
                    continue
                self._pending[look.call, look.session] = None
            else:
                self._everything = True
            self._wake.set()

    async def work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                if self._everything:
                    await self._look_at_everything()
                    self._everything = False
                await self._look_at_pending()
            except (RedisError, OSError) as error:
                log.warning("redis away", error=str(error))
                self._wake.set()
                await asyncio.sleep(RETRY)

    async def _look_at_pending(self) -> None:
        names = list(self._pending)
        async with self._redis.pipeline(transaction=False) as pipeline:
            for call, session in names:
                pipeline.hget(bus.wanted_key(call), session)
                pipeline.hget(bus.actual_key(call), session)
            values = await pipeline.execute()
        for name in names:
            del self._pending[name]
        for index, (call, session) in enumerate(names):
            self._take(call, session, values[2 * index], values[2 * index + 1])
            await _breathe(index)

    async def _look_at_everything(self) -> None:
        members = await cast("Any", self._redis.smembers(bus.calls_key(self._worker)))
        calls = {member.decode() for member in members}
        for call in self._engine.calls() - calls:
            self._drop(call, self._engine.sessions(call))
        for call in calls:
            wanted = await _hash(self._redis, bus.wanted_key(call))
            actual = await _hash(self._redis, bus.actual_key(call))
            self._drop(call, (self._engine.sessions(call) | actual.keys()) - wanted.keys())
            for index, (session, value) in enumerate(wanted.items()):
                self._take(call, session, value, actual.get(session))
                await _breathe(index)

    def _take(self, call: str, session: str, wanted: bytes | None, actual: bytes | None) -> None:
        if wanted is None:
            self._drop(call, [session])
            return
        try:
            previous = bus.decode_actual(actual) if actual else None
            self._engine.want(call, bus.decode_wanted(wanted), previous, self._clock())
        except Exception:
            # One session that cannot be must not end all the others.
            log.exception("session failed", call=call, session=session)
        self._changed()

    def _drop(self, call: str, sessions: Iterable[str]) -> None:
        for session in sessions:
            self._engine.unwant(call, session, self._clock())
        self._changed()


async def _breathe(index: int) -> None:
    if index % BREATH == BREATH - 1:
        await asyncio.sleep(0)


async def _hash(redis: Redis, key: str) -> dict[str, bytes]:
    fields = await cast("Any", redis.hgetall(key))
    return {name.decode(): value for name, value in fields.items()}
