"""Writes to Redis what is: sessions, moments, and that this worker lives."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from zvonok.wire import bus
from zvonok.wire.bus import (
    ActualSession,
    Description,
    LinesNotice,
    SessionLine,
    SessionsNotice,
    WorkerState,
)

from .effects import DropActual, Effect, Publish, PublishLine, WriteActual

RETRY = 0.5
HEARTBEAT = 3.0
EXPIRY = 10
"""Seconds after which a worker that says nothing is taken for dead."""
AT_ONCE = 64
"""Sessions written in one go, so that the loop does not stand still for long."""

Name = tuple[str, str]
"""Call and session."""

log = structlog.get_logger()


class Reports:
    """Carries out effects in the background; of a session only the newest state counts."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._states: dict[Name, ActualSession | None] = {}
        self._answers: dict[Name, Description] = {}
        self._moments: dict[str, Publish] = {}
        """By call. Only the newest: each says the whole of what is heard."""
        self._lines: dict[str, dict[str, SessionLine]] = {}
        """By call and session."""
        self._wake = asyncio.Event()

    def add(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case WriteActual(call, actual, answer):
                    self._states[call, actual.session] = actual
                    if answer is not None:
                        self._answers[call, actual.session] = answer
                case DropActual(call, session):
                    self._states[call, session] = None
                    self._answers.pop((call, session), None)
                case Publish():
                    self._moments[effect.call] = effect
                case PublishLine(call, line):
                    self._lines.setdefault(call, {})[line.session] = line
            self._wake.set()

    async def work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            # Taken out before we wait: what is added meanwhile is newer, and stays.
            states = {name: self._states.pop(name) for name in list(islice(self._states, AT_ONCE))}
            answers = {n: self._answers.pop(n) for n in states if n in self._answers}
            moments, self._moments = self._moments, {}
            lines, self._lines = self._lines, {}
            if self._states:
                self._wake.set()
            try:
                await self._write(states, answers, moments.values(), lines)
            except (RedisError, OSError) as error:
                log.warning("redis away", error=str(error))
                self._put_back(states, answers)
                self._moments = moments | self._moments
                self._lines = {
                    call: lines.get(call, {}) | self._lines.get(call, {})
                    for call in {*lines, *self._lines}
                }
                await asyncio.sleep(RETRY)

    def _put_back(
        self, states: dict[Name, ActualSession | None], answers: dict[Name, Description]
    ) -> None:
        """What is there by now is newer, and a session dropped meanwhile has no answer."""
        dropped = {name for name, actual in self._states.items() if actual is None}
        self._states = {**states, **self._states}
        kept = {name: answer for name, answer in answers.items() if name not in dropped}
        self._answers = {**kept, **self._answers}
        self._wake.set()

    async def _write(
        self,
        states: dict[Name, ActualSession | None],
        answers: dict[Name, Description],
        moments: Iterable[Publish],
        lines: Mapping[str, Mapping[str, SessionLine]],
    ) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for (call, session), answer in answers.items():
                pipeline.hset(bus.answers_key(call), session, bus.encode(answer))
            touched: dict[str, list[str]] = {}
            for (call, session), actual in states.items():
                if actual is None:
                    pipeline.hdel(bus.actual_key(call), session)
                    pipeline.hdel(bus.answers_key(call), session)
                else:
                    pipeline.hset(bus.actual_key(call), session, bus.encode(actual))
                touched.setdefault(call, []).append(session)
            for call, sessions in touched.items():
                notice = SessionsNotice(sessions=sessions)
                pipeline.publish(bus.call_channel(call), bus.encode(notice))
            for moment in moments:
                pipeline.publish(bus.call_channel(moment.call), bus.encode(moment.notice))
            for call, changed in lines.items():
                told = LinesNotice(lines=list(changed.values()))
                pipeline.publish(bus.call_channel(call), bus.encode(told))
            await pipeline.execute()


class Heartbeat:
    """Tells everybody that the worker is there, and at the end that it is not."""

    def __init__(
        self,
        redis: Redis,
        worker: str,
        state: Callable[[], WorkerState],
        clock: Callable[[], float],
    ) -> None:
        self._redis = redis
        self._worker = worker
        self._state = state
        self._clock = clock
        self._beat_at = clock()

    @property
    def unheard(self) -> bool:
        """Whether the worker is taken for dead, since nothing it writes has been taken; for
        health."""
        return self._clock() - self._beat_at >= EXPIRY

    async def beat(self) -> None:
        """Raises RedisError or OSError."""
        async with self._redis.pipeline(transaction=False) as pipeline:
            key = bus.worker_key(self._worker)
            pipeline.set(key, bus.encode(self._state()), ex=EXPIRY)
            pipeline.sadd(bus.WORKERS_KEY, self._worker)
            await pipeline.execute()
        self._beat_at = self._clock()

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
