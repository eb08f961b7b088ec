"""The calls that this process runs: begun, taken over by lease, given back at the end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from weakref import WeakValueDictionary

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from zvonok.service.bus import Announcement, Subscription
from zvonok.wire import bus
from zvonok.wire.bus import WorkerState
from zvonok.wire.errors import ErrorBody, Refusal

from . import live
from .attendance import Attendance
from .call.call import Call
from .call.effects import EndAsked
from .clock import Clock
from .errand import Errand
from .leases import Leases
from .live import Live
from .live_call import LiveCall
from .reader import Reader
from .store import Lesson, Store
from .tasks import Tasks
from .workers import Workers
from .writer import Writer

log = structlog.get_logger()
GONE = 410
RESTARTING = 503
SILENT_SECONDS = 10.0
"""Without an answer of Redis, though it may have refused nothing; for health."""


@dataclass(frozen=True)
class Running:
    """A call of ours and who works for it."""

    call: LiveCall
    writer: Writer
    reader: Reader
    sizing: Errand
    """Writes the lesson's size to SQL."""

    @property
    def errands(self) -> tuple[Errand, ...]:
        return self.writer.errand, self.reader.errand, self.sizing


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
        self._running: dict[str, Running] = {}
        # Weak: a lock is there as long as somebody holds it or waits for it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._stopping = False
        self._answered_at = clock.steady()
        """When Redis last said which media servers there are."""

    # ── for those who serve people ──

    async def get(self, lesson: str) -> LiveCall:
        """The call of a lesson, begun or taken over if need be.

        Raises Refusal: `not_found`, `call_ended`, `call_elsewhere`, `unavailable`.
        """
        self._refuse_when_stopping()
        call = self.running_call(lesson)
        if call is not None:
            return call
        try:
            async with self._lock(lesson):
                return await self._get(lesson)
        except (RedisError, SQLAlchemyError, OSError) as error:
            log.warning("storage away", error=str(error))
            raise Refusal(503, "unavailable", "try again", retry_after=1) from error

    def running_call(self, lesson: str) -> LiveCall | None:
        """The call of a lesson, if this process runs one; begins none."""
        running = self._running.get(lesson)
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
        call.run(call.engine.end("ended", self._clock.steady()))

    def stop(self) -> None:
        """The process is about to end: who asks now, or waits for an answer, is to come again."""
        self._stopping = True
        for running in self._running.values():
            running.call.refuse_answers()

    # ── Surroundings of a call ──

    def touched(self, call: LiveCall) -> None:
        running = self._running.get(call.id)
        if running is not None and running.call is call:
            running.writer.errand.ask()

    def resized(self, call: LiveCall) -> None:
        self._running[call.id].sizing.ask()

    def end_asked(self, call: LiveCall, effect: EndAsked) -> None:
        self._tasks.begin(partial(self._end_lesson, call, effect), name="end a lesson")

    # ── Registry of a writer ──

    async def finished(self, call: LiveCall) -> None:
        await self._let_go(call, GONE)

    async def taken(self, call: LiveCall) -> None:
        await self._regain(call)

    # ── for the process ──

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Takes over what is left alone; at the end hands everything back.

        Raises ExceptionGroup when something ended that must go on as long as the process.
        """
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._subscription)
            stack.push_async_callback(self._hand_back)
            await stack.enter_async_context(self._tasks)
            self._tasks.begin(self._attendance.run, name="attendance", forever=True)
            self._tasks.begin(self._listen, name="listen", forever=True)
            # Apart, so that a lease is renewed whatever the others wait for.
            for work in (self._renew_leases, self._look_after_workers, self._adopt):
                self._tasks.begin(partial(_again, work), name=work.__name__, forever=True)
            yield

    def health(self) -> dict[str, bool]:
        running = self._running.values()
        writing = not any(r.writer.errand.failing or r.reader.errand.failing for r in running)
        answers = self._clock.steady() - self._answered_at < SILENT_SECONDS
        return {
            "redis": writing and answers and self._subscription.connected,
            "database": not (self._attendance.failing or any(r.sizing.failing for r in running)),
            "tasks": self._tasks.alive,
        }

    def gauges(self) -> tuple[int, int, int]:
        """Calls, seats, sockets."""
        calls = [running.call for running in self._running.values()]
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

    async def _get(self, lesson: str) -> LiveCall:
        call = self.running_call(lesson)
        if call is not None:
            return call
        if lesson in self._running:
            # It is over; only what is written of it may be followed by another.
            await self._running[lesson].writer.write_all()
        found = await self._store.lesson(lesson)
        if found is None:
            raise Refusal(404, "not_found", "there is no such lesson")
        if found.ended is not None and lesson not in await self._live.running():
            raise Refusal(410, "call_ended", "this lesson has been ended")
        # Who waited for all that until now must not begin a call that nobody hands back.
        self._refuse_when_stopping()
        await self._leases.acquire(lesson)
        call = await self._take_over(found)
        if call is None:
            await self._live.write(lesson, live.begin(lesson))
            engine = Call(found.title, self._clock.steady(), size=found.size)
            call = self._run(lesson, engine, None)
        await self._subscription.add(bus.call_channel(lesson))
        call.run([])
        if found.ended is not None:
            call.run(call.engine.end("ended", self._clock.steady()))
            raise Refusal(410, "call_ended", "this lesson has been ended")
        return call

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
        call = self._run(lesson, engine, kept.state.worker)
        # Sessions whose seat was given up before the SFU was told.
        call.touch_sessions(kept.wanted.keys() - set(engine.session.offered()))
        if engine.size.size != found.size:
            self.resized(call)
        log.info("call taken over", call=lesson, seats=len(engine.seats))
        return call

    def _run(self, lesson: str, engine: Call, worker: str | None) -> LiveCall:
        call = LiveCall(lesson, engine, self, self._clock, worker)
        writer = Writer(call, self._live, self._workers, self)
        reader = Reader(call, self._live, self._clock.steady)
        sizing = Errand("write the size", partial(self._store_size, call))
        running = self._running[lesson] = Running(call, writer, reader, sizing)
        for errand in running.errands:
            self._tasks.begin(errand.run, name=f"errand of {lesson}")
        return call

    async def _store_size(self, call: LiveCall) -> None:
        size = call.engine.size.size
        await self._store.resize_lesson(call.id, size)
        # Else it was changed again meanwhile, and that is written next.
        if call.engine.size.size == size:
            call.sized()

    async def _end_lesson(self, call: LiveCall, asked: EndAsked) -> None:
        """Nobody is told of the end before it is stored."""
        try:
            await self._store.end_lesson(call.id, self._clock.wall())
        except Exception as error:
            # One lesson's fault is no reason to end the process, and so all others.
            log.warning("lesson not ended", call=call.id, error=repr(error))
            failed = ErrorBody("unavailable", "the end could not be stored", {"retry_after": 1})
            call.run(call.engine.refuse(asked.socket, asked.command, failed))
        else:
            call.run(call.engine.end("ended", self._clock.steady()))

    # ── the SFU's word ──

    async def _listen(self) -> None:
        async for item in self._subscription:
            # Those that wait in the connection's buffer would come without a pause.
            await asyncio.sleep(0)
            running = self._running.get(item.channel.removeprefix("zv:call:"))
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
        if isinstance(notice, bus.SpeakersNotice):
            call.run(call.engine.speakers(notice.participants, self._clock.steady()))
        else:
            running.reader.news(notice.sessions)

    # ── keeping what is ours ──

    async def _renew_leases(self) -> None:
        for running in list(self._running.values()):
            with _without_harm("lease not renewed", running.call.id):
                if running.call.usable and not await self._live.renew(running.call.id):
                    await self._regain(running.call)

    async def _look_after_workers(self) -> None:
        """A call whose worker is gone, or that found none, gets another."""
        await self._workers.look()
        self._answered_at = self._clock.steady()
        alive = self._workers.alive
        for running in self._running.values():
            call = running.call
            if call.worker is not None and call.worker not in alive and alive:
                log.warning("media server gone", call=call.id, worker=call.worker)
                call.leave_worker()
            if call.needs_worker():
                running.writer.errand.ask()

    async def _adopt(self) -> None:
        """Takes over what nobody runs."""
        for lesson in await self._live.running():
            with _without_harm("call not adopted", lesson):
                async with self._lock(lesson):
                    await self._adopt_one(lesson)

    async def _adopt_one(self, lesson: str) -> None:
        if lesson in self._running or not await self._live.acquire(lesson):
            return
        with suppress(Refusal):
            await self._get(lesson)
        if lesson not in self._running:
            await self._live.release(lesson)

    async def _regain(self, call: LiveCall) -> None:
        if not await self._leases.regain(call):
            log.warning("call lost to another process", call=call.id)
            call.lost = True
            await self._let_go(call, RESTARTING)

    async def _let_go(self, call: LiveCall, status: int) -> None:
        call.close(status)
        running = self._running.get(call.id)
        if running is not None and running.call is call:
            del self._running[call.id]
            for errand in running.errands:
                errand.end()
            await self._subscription.remove(bus.call_channel(call.id))

    async def _hand_back(self) -> None:
        """What is running goes on: the next process takes it over."""
        calls = [running.call for running in self._running.values()]
        with suppress(RedisError, OSError):
            for running in list(self._running.values()):
                with _without_harm("call not handed back", running.call.id):
                    await running.writer.write_all()
                    await self._live.release(running.call.id)
        for call in calls:
            call.lost = True
            call.close(RESTARTING)
        await self._attendance.try_flush()


async def _again(work: Callable[[], Awaitable[None]]) -> None:
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
def _without_harm(failed: str, call: str) -> Iterator[None]:
    """A fault in one call must not cost the others theirs; a storage that is away costs all."""
    try:
        yield
    except (RedisError, SQLAlchemyError, OSError):
        raise
    except Exception:
        log.exception(failed, call=call)
