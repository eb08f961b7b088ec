"""The calls that this process runs: begun, taken over by lease, given back at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from weakref import WeakValueDictionary

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from zvonok.service.bus import Announcement, Subscription
from zvonok.service.tasks import Tasks
from zvonok.wire import bus
from zvonok.wire.bus import WorkerState
from zvonok.wire.errors import Refusal

from . import live
from .attendance import Attendance
from .call.call import Call
from .clock import Clock
from .keeping import Keeping, again, without_harm
from .leases import WAIT_SECONDS, Leases
from .live import Live
from .live_call import LiveCall
from .registry import Registry, Running
from .store import Lesson, Store
from .workers import Workers

log = structlog.get_logger()


class Calls:
    """`async with calls.running():` while it serves."""

    def __init__(self, redis: Redis, redis_url: str, me: str, store: Store, clock: Clock) -> None:
        self._live = Live(redis, me)
        self._store = store
        self._clock = clock
        self._leases = Leases(self._live, clock.steady)
        self._workers = Workers(self._live, clock.steady)
        self._attendance = Attendance(redis, store)
        self._subscription = Subscription(redis_url)
        self._tasks = Tasks()
        self._registry = Registry(
            self._live, self._leases, self._workers, store, self._subscription, self._tasks, clock
        )
        self._keeping = Keeping(self._registry, self._live, self._workers, clock)
        # Weak: a lock is there as long as somebody holds it or waits for it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._stopping = False

    # ── for those who serve people ──

    async def get(self, lesson: str) -> LiveCall:
        """The call of a lesson, begun or taken over if need be.

        Raises Refusal: `not_found`, `call_ended`, `call_elsewhere`, `unavailable`.
        """
        self._refuse_when_stopping()
        call = self.running_call(lesson)
        if call is not None:
            return call
        # From now, not from one's turn: who waited for another's in vain need not wait again.
        deadline = self._clock.steady() + WAIT_SECONDS
        try:
            async with self._lock(lesson):
                return await self._get(lesson, deadline)
        except (RedisError, SQLAlchemyError, OSError) as error:
            log.warning("storage away", error=str(error))
            raise Refusal(503, "unavailable", "try again", retry_after=1) from error

    def running_call(self, lesson: str) -> LiveCall | None:
        """The call of a lesson, if this process runs one; begins none."""
        running = self._registry.find(lesson)
        return running.call if running is not None and running.call.usable else None

    def peek(self, lesson: str) -> int:
        """How many people are in the call of a lesson, as far as this process knows."""
        call = self.running_call(lesson)
        return 0 if call is None else call.engine.people.total

    @property
    def workers(self) -> list[WorkerState]:
        """The media servers, as they were a moment ago."""
        return self._workers.states

    async def end(self, lesson: str) -> None:
        """Ends the call of a lesson that has been ended in SQL, wherever it ran."""
        try:
            call = await self.get(lesson)
        except Refusal as refusal:
            if refusal.body.code == "call_ended":
                return
            raise
        call.run(call.engine.end(self._clock.steady()))

    def stop(self) -> None:
        """The process is about to end: who asks now, or waits for an answer, is to come again."""
        self._stopping = True
        for running in self._registry.all():
            running.call.refuse_answers()

    # ── for the process ──

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Takes over what is left alone; at the end hands everything back.

        Raises ExceptionGroup when something ended that must go on as long as the process.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._subscription)
            stack.push_async_callback(self._attendance.try_flush)
            stack.push_async_callback(self._keeping.hand_back)
            await stack.enter_async_context(self._tasks)
            self._tasks.begin(self._attendance.run, name="attendance", forever=True)
            self._tasks.begin(self._listen, name="listen", forever=True)
            # Apart, so that a lease is renewed whatever the others wait for.
            for work in (
                self._keeping.renew_leases,
                self._keeping.look_after_workers,
                self._adopt,
            ):
                self._tasks.begin(partial(again, work), name=work.__name__, forever=True)
            yield

    def health(self) -> dict[str, bool]:
        running = self._registry.all()
        writing = not any(r.writer.errand.failing or r.reader.errand.failing for r in running)
        asking = not any(r.sizing.failing or r.ending.failing for r in running)
        return {
            "redis": writing and not self._keeping.unheard and self._subscription.connected,
            "database": asking and not (self._attendance.failing or self._store.failing),
            "tasks": self._tasks.alive,
        }

    def gauges(self) -> tuple[int, int, int]:
        """Calls, seats, sockets."""
        calls = [running.call for running in self._registry.all()]
        return (
            len(calls),
            sum(len(call.engine.seats) for call in calls),
            sum(call.sockets for call in calls),
        )

    # ── finding, beginning, taking over ──

    def _refuse_when_stopping(self) -> None:
        if self._stopping:
            raise Refusal(503, "unavailable", "this server is stopping", retry_after=1)

    def _lock(self, lesson: str) -> asyncio.Lock:
        return self._locks.setdefault(lesson, asyncio.Lock())

    async def _get(self, lesson: str, deadline: float) -> LiveCall:
        call = self.running_call(lesson)
        if call is not None:
            return call
        over = self._registry.find(lesson)
        if over is not None:
            # Only what is written of it may be followed by another.
            await over.writer.write_all()
        found = await self._store.lesson(lesson)
        if found is None:
            raise Refusal(404, "not_found", "there is no such lesson")
        if found.ended is not None and lesson not in await self._live.running():
            raise Refusal(410, "call_ended", "this lesson has been ended")
        # Who waited for all that until now must not begin a call that nobody hands back.
        self._refuse_when_stopping()
        await self._leases.acquire(lesson, deadline)
        call = await self._take_over(found) or await self._begin(found)
        await self._subscription.add(bus.call_channel(lesson))
        call.run([])
        if found.ended is not None:
            call.run(call.engine.end(self._clock.steady()))
            raise Refusal(410, "call_ended", "this lesson has been ended")
        return call

    async def _begin(self, found: Lesson) -> LiveCall:
        if not await self._live.write(found.id, live.begin(found.id)):
            # We stood still for longer than the lease lasts.
            raise Refusal(503, "unavailable", "try again", retry_after=1)
        engine = Call(found.title, self._clock.steady(), size=found.size)
        return self._registry.add(found.id, engine, None)

    async def _take_over(self, found: Lesson) -> LiveCall | None:
        lesson = found.id
        kept = await self._live.load(lesson)
        if kept is None:
            return None
        now = self._clock.steady()
        engine = Call(kept.state.title, now, size=found.size)
        engine.roster.told.sequence = kept.state.sequence
        unread = engine.restore(kept.records, kept.wanted, kept.state.next_number, now)
        if unread:
            log.warning("records not understood", call=lesson, records=unread)
        call = self._registry.add(lesson, engine, kept.state.worker)
        call.touch_sessions(engine.session.untold(kept.wanted))
        if engine.size.size != found.size:
            self._registry.resized(call)
        log.info("call taken over", call=lesson, seats=len(engine.seats))
        return call

    async def _adopt(self) -> None:
        """Takes over what nobody runs."""
        for lesson in await self._live.running():
            # Who holds the lock is at it already, and may wait for long.
            if not self._lock(lesson).locked():
                with without_harm("call not adopted", lesson):
                    async with self._lock(lesson):
                        await self._adopt_one(lesson)

    async def _adopt_one(self, lesson: str) -> None:
        if self._registry.find(lesson) is not None or not await self._live.acquire(lesson):
            return
        with suppress(Refusal):
            await self._get(lesson, self._clock.steady())
        if self._registry.find(lesson) is None:
            await self._live.release(lesson)

    # ── the SFU's word ──

    async def _listen(self) -> None:
        async for item in self._subscription:
            # Those that wait in the connection's buffer would come without a pause.
            await asyncio.sleep(0)
            running = self._registry.find(bus.call_of(item.channel))
            if running is None:
                continue
            if isinstance(item, Announcement):
                try:
                    self._noticed(running, item.data)
                except Exception:
                    # A fault in one call must not make us deaf for all others.
                    log.exception("notice failed", call=running.call.id)
            else:
                running.reader.missed()

    def _noticed(self, running: Running, data: bytes) -> None:
        call = running.call
        try:
            notice = bus.decode_notice(data)
        except msgspec.DecodeError:
            log.warning("bad notice", call=call.id)
            return
        match notice:
            case bus.SpeakersNotice(participants=participants):
                call.run(call.engine.speakers(participants, self._clock.steady()))
            case bus.LinesNotice(lines=lines):
                call.run(call.engine.lines(lines, self._clock.steady()))
            case bus.SessionsNotice(sessions=sessions):
                running.reader.news(sessions)
