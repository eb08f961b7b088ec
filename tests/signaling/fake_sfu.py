"""An SFU worker that answers every offer at once, without media."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.patience import PATIENCE
from zvonok.wire import bus
from zvonok.wire.bus import (
    ActualSession,
    CallNotice,
    Description,
    SessionsNotice,
    SpeakersNotice,
    WantedSession,
    WorkerState,
)
from zvonok.wire.errors import ErrorBody
from zvonok.wire.ids import Kind

REFUSED = "v=0\r\nrefuse me"


class FakeSfu:
    """`wanted` holds what each session should be, as the worker read it last."""

    def __init__(self, redis: Redis, worker: str) -> None:
        self.worker = worker
        self.wanted: dict[str, WantedSession] = {}
        self.offers: dict[str, str] = {}
        self.closed: list[str] = []
        self.answering = True
        self.generation = 1
        self.refusal = ErrorBody("bad_offer", "no")
        self._redis = redis
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def running(self, load: float = 0.1) -> AsyncIterator["FakeSfu"]:
        await self.beat(load)
        listening = asyncio.Event()
        task = asyncio.create_task(self._listen(listening))
        await listening.wait()
        try:
            yield self
        finally:
            while not task.done():
                # The library may swallow a cancellation.
                task.cancel()
                await asyncio.wait({task}, timeout=0.2)
            with suppress(RedisError):
                await self._redis.delete(bus.worker_key(self.worker))

    async def beat(self, load: float) -> None:
        """Says that the worker lives."""
        state = WorkerState(
            worker=self.worker,
            addresses=["192.0.2.9", "127.0.0.1"],
            port=8081,
            sessions=0,
            load=load,
        )
        await self._redis.set(bus.worker_key(self.worker), bus.encode(state), ex=60)
        await self._redis.sadd(bus.WORKERS_KEY, self.worker)

    async def until(self, session: str, **fields: object) -> WantedSession:
        """Waits until the wanted session has these fields."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: self._has(session, fields))
        return self.wanted[session]

    async def until_closed(self, session: str) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: session in self.closed)

    async def session_of(self, participant: int) -> str:
        """The session of a participant; waits for it."""

        def find() -> str | None:
            return next(
                (s for s, wanted in self.wanted.items() if wanted.participant == participant), None
            )

        async with asyncio.timeout(PATIENCE), self._changed:
            found = await self._changed.wait_for(find)
        assert found is not None
        return found

    async def speak(self, call: str, *participants: int) -> None:
        await self.tell(call, SpeakersNotice(participants=list(participants)))

    async def tell(self, call: str, notice: CallNotice) -> None:
        await self._redis.publish(bus.call_channel(call), bus.encode(notice))

    async def write(self, call: str, actual: ActualSession, *, notice: bool = True) -> None:
        key = bus.actual_key(call)
        await self._redis.hset(key, actual.session, bus.encode(actual))
        if notice:
            await self.tell(call, SessionsNotice(sessions=[actual.session]))

    async def answer(self, call: str, wanted: WantedSession, *, notice: bool = True) -> None:
        stored: Any = await self._redis.hget(bus.offers_key(call), wanted.session)
        offer = bus.decode_description(stored) if stored else None
        if offer is None or offer.offer_id != wanted.offer_id:
            return  # What was read is old already; the next announcement is on its way.
        self.offers[wanted.session] = offer.sdp
        refused = offer.sdp.startswith(REFUSED)
        answer = f"v=0\r\nanswer {wanted.offer_id} of {self.generation}"
        if not refused:
            description = bus.encode(Description(wanted.offer_id, answer))
            await self._redis.hset(bus.answers_key(call), wanted.session, description)
        actual = ActualSession(
            session=wanted.session,
            revision=wanted.revision,
            offer_id=wanted.offer_id,
            answer=None if refused else bus.digest([answer.encode()]),
            error=self.refusal if refused else None,
            sources=[] if refused else _sources(offer.sdp),
        )
        await self.write(call, actual, notice=notice)

    async def look_at_all(self, call: str) -> None:
        sessions: list[Any] = await self._redis.hkeys(bus.wanted_key(call))
        for session in sessions:
            await self._look(call, session.decode())

    async def _listen(self, listening: asyncio.Event) -> None:
        while True:
            with suppress(RedisError):
                await self._listen_once(listening)

    async def _listen_once(self, listening: asyncio.Event) -> None:
        async with self._redis.pubsub() as pubsub:
            await pubsub.subscribe(bus.worker_key(self.worker))
            async for message in pubsub.listen():
                if message["type"] == "subscribe":
                    listening.set()
                elif message["type"] == "message":
                    look = bus.decode_look(message["data"])
                    for session in look.sessions:
                        await self._look(look.call, session)

    async def _look(self, call: str, session: str) -> None:
        data: Any = await self._redis.hget(bus.wanted_key(call), session)
        before = self.wanted.get(session)
        if data is None:
            self.wanted.pop(session, None)
            self.closed.append(session)
        else:
            wanted = self.wanted[session] = bus.decode_wanted(data)
            if self.answering and (before is None or before.offer_id != wanted.offer_id):
                await self.answer(call, wanted)
        async with self._changed:
            self._changed.notify_all()

    def _has(self, session: str, fields: dict[str, object]) -> bool:
        wanted = self.wanted.get(session)
        return wanted is not None and all(getattr(wanted, k) == v for k, v in fields.items())


def _sources(offer: str) -> list[Kind]:
    """Of the first sections that send: sound is a microphone, the picture a camera."""
    sections = [part for part in offer.split("\r\nm=")[1:] if "a=sendonly" in part]
    kinds: dict[str, Kind] = {"audio": "microphone", "video": "camera"}
    return [kinds[part[:5]] for part in sections]
