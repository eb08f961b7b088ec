"""Writes to Redis what is: sessions, moments, and that this worker lives."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from zvonok.wire import bus
from zvonok.wire.bus import ActualSession, SessionNotice, WorkerState

from .effects import DropActual, Effect, Publish, WriteActual

RETRY = 0.5
HEARTBEAT = 3.0
EXPIRY = 10
"""Seconds after which a worker that says nothing is taken for dead."""
MAX_MOMENTS = 256
"""Moments kept for a Redis that is away; the oldest are forgotten."""

log = structlog.get_logger()


class Reports:
    """Carries out effects in the background; of a session only the newest state counts."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._states: dict[tuple[str, str], ActualSession | None] = {}
        self._moments: deque[Publish] = deque(maxlen=MAX_MOMENTS)
        self._wake = asyncio.Event()

    def add(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case WriteActual(call, actual):
                    self._states[call, actual.session] = actual
                case DropActual(call, session):
                    self._states[call, session] = None
                case Publish():
                    self._moments.append(effect)
            self._wake.set()

    async def work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            states, self._states = self._states, {}
            moments = list(self._moments)
            self._moments.clear()
            try:
                await self._write(states, moments)
            except (RedisError, OSError) as error:
                log.warning("redis away", error=str(error))
                self._states = {**states, **self._states}
                self._wake.set()
                await asyncio.sleep(RETRY)

    async def _write(
        self, states: dict[tuple[str, str], ActualSession | None], moments: list[Publish]
    ) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for (call, session), actual in states.items():
                if actual is None:
                    pipeline.hdel(bus.actual_key(call), session)
                else:
                    pipeline.hset(bus.actual_key(call), session, bus.encode(actual))
                notice = SessionNotice(session=session)
                pipeline.publish(bus.call_channel(call), bus.encode(notice))
            for moment in moments:
                pipeline.publish(bus.call_channel(moment.call), bus.encode(moment.notice))
            await pipeline.execute()


class Heartbeat:
    """Tells everybody that the worker is there, and at the end that it is not."""

    def __init__(self, redis: Redis, worker: str, state: Callable[[], WorkerState]) -> None:
        self._redis = redis
        self._worker = worker
        self._state = state

    async def beat(self) -> None:
        """Raises RedisError or OSError."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            key = bus.worker_key(self._worker)
            pipeline.set(key, bus.encode(self._state()), ex=EXPIRY)
            pipeline.sadd(bus.WORKERS_KEY, self._worker)
            await pipeline.execute()

    async def work(self) -> None:
        while True:
            try:
                await self.beat()
            except (RedisError, OSError) as error:
                log.warning("redis away", error=str(error))
                await asyncio.sleep(RETRY)
            else:
                await asyncio.sleep(HEARTBEAT)

    async def end(self) -> None:
        try:
            await cast("Any", self._redis.srem(bus.WORKERS_KEY, self._worker))
            await self._redis.delete(bus.worker_key(self._worker))
        except (RedisError, OSError) as error:
            log.warning("redis away", error=str(error))
