"""Signaling's end of the bus: writes what is wanted and waits for what is."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from redis.asyncio import Redis

from tests.patience import PATIENCE
from tests.sfu import offers
from zvonok.wire import bus
from zvonok.wire.bus import ActualSession, Description, Look, SpeakersNotice, WantedSession


class Signalman:
    """For one call on one worker."""

    def __init__(self, redis: Redis, worker: str, call: str = "call") -> None:
        self._redis = redis
        self._worker = worker
        self.call = call
        self.spoke: list[list[int]] = []
        self._offered: dict[str, int] = {}

    async def want(
        self, wanted: WantedSession, offer: str | None = None, *, announce: bool = True
    ) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.sadd(bus.calls_key(self._worker), self.call)
            if self._offered.get(wanted.session) != wanted.offer_id:
                self._offered[wanted.session] = wanted.offer_id
                description = Description(wanted.offer_id, offer or offers.browser())
                pipeline.hset(bus.offers_key(self.call), wanted.session, bus.encode(description))
            pipeline.hset(bus.wanted_key(self.call), wanted.session, bus.encode(wanted))
            if announce:
                pipeline.publish(bus.worker_key(self._worker), self._look(wanted.session))
            await pipeline.execute()

    async def unwant(self, session: str) -> None:
        await cast("Any", self._redis.hdel(bus.wanted_key(self.call), session))
        await self._redis.publish(bus.worker_key(self._worker), self._look(session))

    def _look(self, session: str) -> bytes:
        return bus.encode(Look(call=self.call, sessions=[session]))

    async def actual(self, session: str) -> ActualSession | None:
        value = await cast("Any", self._redis.hget(bus.actual_key(self.call), session))
        return bus.decode_actual(value) if value else None

    async def answer(self, session: str) -> str | None:
        value = await cast("Any", self._redis.hget(bus.answers_key(self.call), session))
        return bus.decode_description(value).sdp if value else None

    async def got(self, key: str) -> bytes:
        """The value of a key, once it has one."""
        async with asyncio.timeout(PATIENCE):
            while (value := await self._redis.get(key)) is None:
                await asyncio.sleep(0.01)
        return cast("bytes", value)

    async def until(
        self, session: str, holds: Callable[[ActualSession | None], bool]
    ) -> ActualSession | None:
        """Looks at each announcement until `holds`."""
        async with asyncio.timeout(PATIENCE), self._redis.pubsub() as pubsub:
            await pubsub.subscribe(bus.call_channel(self.call))
            while True:
                actual = await self.actual(session)
                if holds(actual):
                    return actual
                message = await pubsub.get_message(timeout=PATIENCE)
                if message and message["type"] == "message":
                    notice = bus.decode_notice(message["data"])
                    if isinstance(notice, SpeakersNotice):
                        self.spoke.append(notice.participants)

    async def answered(self, session: str, offer_id: int = 1) -> ActualSession:
        """The actual session once this offer was answered or refused."""
        found = await self.until(session, lambda a: a is not None and a.offer_id == offer_id)
        assert found is not None
        return found
