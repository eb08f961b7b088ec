"""The calls that this process runs: taken by lease, kept in Redis, given back at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from weakref import WeakValueDictionary

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from zvonok.service.bus import Announcement, Subscription
from zvonok.wire import bus
from zvonok.wire.bus import WorkerState
from zvonok.wire.errors import Refusal

from . import live
from .attendance import Attendance
from .backlog import Backlog
from .call.call import Call
from .call.effects import Arrived, Departed
from .clock import Clock
from .live import Live
from .live_call import LiveCall
from .store import Lesson, Store

log = structlog.get_logger()
RESTARTING = 503
LEASE_WAIT_SECONDS = 7.0
"""As long as the lease of a process that died can last, and a little."""
LEASE_RETRY_SECONDS = 0.25


class Calls:
    """`async with calls.running():` while it serves."""

    def __init__(self, redis: Redis, redis_url: str, me: str, store: Store, clock: Clock) -> None:
        self._live = Live(redis, me)
        self._store = store
        self._clock = clock
        self._attendance = Attendance(store)
        self.workers: list[WorkerState] = []
        """The media servers, as they were a moment ago."""
        self._calls: dict[str, LiveCall] = {}
        # Weak: a lock is there as long as somebody holds it or waits for it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._subscription = Subscription(redis_url)
        self._writes = Backlog("write calls", self._write)
        self._reads = Backlog("read sessions", self._read)

    # ── for those who serve people ──

    async def get(self, lesson: str) -> LiveCall:
        """The call of a lesson, begun or taken over if need be.

        Raises Refusal: `not_found`, `call_ended`, `call_elsewhere`, `unavailable`.
        """
        call = self._calls.get(lesson)
        if call is not None and call.usable:
            return call
        lock = self._locks.setdefault(lesson, asyncio.Lock())
        try:
            async with lock:
                return await self._get(lesson)
        except (RedisError, OSError) as error:
            log.warning("redis away", error=str(error))
            raise Refusal(503, "unavailable", "try again", retry_after=1) from error

    def running_call(self, lesson: str) -> LiveCall | None:
        """The call of a lesson, if this process runs one; begins none."""
        call = self._calls.get(lesson)
        return call if call is not None and call.usable else None

    def peek(self, lesson: str) -> int:
        """How many people are in the call of a lesson, as far as this process knows."""
        call = self.running_call(lesson)
        return 0 if call is None else call.engine.people.total

    async def end(self, lesson: str) -> None:
        """Ends the call of a lesson that has been ended, wherever it ran."""
        try:
            call = await self.get(lesson)
        except Refusal as refusal:
            if refusal.body.code == "call_ended":
                return
            raise
        call.run(call.engine.end("ended", self._clock.steady()))

    # ── Surroundings ──

    def touched(self, call: LiveCall) -> None:
        if not call.lost:
            self._writes.add(call)

    def arrived(self, call: LiveCall, effect: Arrived) -> None:
        self._attendance.arrived(call.id, effect, self._clock.wall())

    def departed(self, call: LiveCall, effect: Departed) -> None:
        self._attendance.departed(effect.session, self._clock.wall())

    # ── for the process ──

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Takes over what is left alone; at the end hands everything back."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._subscription)
            stack.push_async_callback(self._hand_back)
            tasks = [
                asyncio.create_task(work)
                for work in (
                    self._writes.run(),
                    self._reads.run(),
                    self._attendance.run(),
                    self._listen(),
                    self._keep(),
                )
            ]
            try:
                yield
            finally:
                await _cancelled(tasks)

    def health(self) -> dict[str, bool]:
        return {
            "redis": not self._writes.failing and self._subscription.connected,
            "database": not self._attendance.failing,
        }

    def gauges(self) -> tuple[int, int, int]:
        """Calls, seats, sockets."""
        calls = self._calls.values()
        return (
            len(calls),
            sum(len(call.engine.seats) for call in calls),
            sum(call.sockets for call in calls),
        )

    # ── inside ──

    async def _get(self, lesson: str) -> LiveCall:
        call = self._calls.get(lesson)
        if call is not None and call.usable:
            return call
        if call is not None and call.engine.over:
            await self._write(call)
        found = await self._store.lesson(lesson)
        if found is None:
            raise Refusal(404, "not_found", "there is no such lesson")
        if found.ended is not None and lesson not in await self._live.running():
            raise Refusal(410, "call_ended", "this lesson has been ended")
        await self._acquire(lesson)
        call = await self._take_over(found)
        if call is None:
            await self._live.write(lesson, live.begin(lesson))
            engine = Call(found.title, self._clock.steady(), size=found.size)
            call = self._new(lesson, engine, None)
        await self._subscription.add(bus.call_channel(lesson))
        call.run([])
        if found.ended is not None:
            call.run(call.engine.end("ended", self._clock.steady()))
            raise Refusal(410, "call_ended", "this lesson has been ended")
        return call

    async def _acquire(self, lesson: str) -> None:
        deadline = self._clock.steady() + LEASE_WAIT_SECONDS
        while not await self._live.acquire(lesson):
            if self._clock.steady() >= deadline:
                raise Refusal(503, "call_elsewhere", "another server runs this call", retry_after=5)
            await asyncio.sleep(LEASE_RETRY_SECONDS)

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
        call = self._new(lesson, engine, kept.state.worker)
        for seat in engine.seats.values():
            self.arrived(call, Arrived(seat.session, seat.number, seat.name, seat.role))
        call.touch_sessions(kept.wanted.keys() - set(engine.session.offered()))
        log.info("call taken over", call=lesson, seats=len(engine.seats))
        return call

    def _new(self, lesson: str, engine: Call, worker: str | None) -> LiveCall:
        call = LiveCall(lesson, engine, self, self._clock.steady, worker)
        self._calls[lesson] = call
        return call

    async def _write(self, call: LiveCall) -> None:
        if call.lost:
            return
        if call.needs_worker():
            await self._choose_worker(call)
        if call.engine.over and call.engine.over_because == "ended":
            await self._store.end_lesson(call.id, self._clock.wall())
        if call.resized is not None:
            size = call.resized
            await self._store.resize_lesson(call.id, size)
            if (
                call.resized == size
            ):  # Else it was changed again meanwhile, and that is written next.
                call.resized = None
        commands = call.take_writes()
        try:
            ours = await self._live.write(call.id, commands)
        except BaseException:
            call.untake()
            raise
        if ours:
            call.written()
        else:
            call.untake()
        if ours and call.unwritten:
            self._writes.add(call)
        elif call.engine.over:
            await self._let_go(call, 410)
        elif not ours:
            await self._regain(call)

    async def _choose_worker(self, call: LiveCall) -> None:
        workers = await self._live.workers()
        if workers:
            call.worker = workers[0].worker
            call.touch_sessions(call.engine.session.offered())
        else:
            log.warning("no media server", call=call.id)

    async def _read(self, call: LiveCall) -> None:
        sessions, call.to_read = call.to_read, set()
        if not call.usable or sessions == set():
            return
        try:
            found = await self._live.actual(call.id, sessions)
            lacking = [a.session for a in found if call.engine.session.lacks_answer(a)]
            answers = await self._live.answers(call.id, lacking)
        except BaseException:
            call.to_read = None if sessions is None else sessions | (call.to_read or set())
            raise
        now = self._clock.steady()
        for actual in found:
            answer = answers.get(actual.session)
            # A newer answer than the session we read: its own announcement is on its way.
            known = answer is not None and answer.offer_id == actual.offer_id
            sdp = answer.sdp if answer is not None and known else None
            call.run(call.engine.actual(actual, now, sdp))

    async def _listen(self) -> None:
        async for item in self._subscription:
            call = self._calls.get(item.channel.removeprefix("zv:call:"))
            if call is None:
                continue
            if isinstance(item, Announcement):
                try:
                    self._noticed(call, item.data)
                except Exception:
                    # A fault in one call must not make us deaf for all others.
                    log.exception("notice failed", call=call.id)
            else:
                # Whatever was announced before was perhaps not heard.
                call.to_read = None
                self._reads.add(call)

    def _noticed(self, call: LiveCall, data: bytes) -> None:
        try:
            notice = bus.decode_notice(data)
        except msgspec.DecodeError:
            log.warning("bad notice", call=call.id)
            return
        if isinstance(notice, bus.SpeakersNotice):
            call.run(call.engine.speakers(notice.participants, self._clock.steady()))
            return
        if call.to_read is not None:
            call.to_read.update(notice.sessions)
        self._reads.add(call)

    async def _keep(self) -> None:
        while True:
            try:
                await self._renew_leases()
                await self._look_after_workers()
                await self._adopt()
            except (RedisError, OSError) as error:
                log.warning("redis away", error=str(error))
            except Exception:
                # Without renewals every call would be lost, not only the one at fault.
                log.exception("keeping failed")
            await asyncio.sleep(live.RENEW_SECONDS)

    async def _renew_leases(self) -> None:
        for call in list(self._calls.values()):
            if call.usable and not await self._live.renew(call.id):
                await self._regain(call)

    async def _look_after_workers(self) -> None:
        """A call whose worker is gone, or that found none, gets another."""
        self.workers = await self._live.workers()
        alive = {worker.worker for worker in self.workers}
        for call in self._calls.values():
            if call.worker is not None and call.worker not in alive and alive:
                log.warning("media server gone", call=call.id, worker=call.worker)
                await self._live.write(call.id, [live.drop(call.worker, call.id)])
                call.worker = None
            if call.needs_worker():
                self._writes.add(call)

    async def _adopt(self) -> None:
        for lesson in await self._live.running():
            if lesson not in self._calls and await self._live.acquire(lesson):
                with suppress(Refusal):
                    await self.get(lesson)

    async def _regain(self, call: LiveCall) -> None:
        """The lease is gone: with Redis' memory, or to another process."""
        if await self._live.acquire(call.id):
            kept = await self._live.load(call.id)
            # Whoever takes a call over skips numbers.
            if kept is None or kept.state.next_number <= call.engine.next_number:
                call.touch_everything()
                return
            await self._live.release(call.id)
        log.warning("call lost to another process", call=call.id)
        call.lost = True
        await self._let_go(call, RESTARTING)

    async def _let_go(self, call: LiveCall, status: int) -> None:
        call.close(status)
        if self._calls.get(call.id) is call:
            del self._calls[call.id]
            await self._subscription.remove(bus.call_channel(call.id))

    async def _hand_back(self) -> None:
        """What is running goes on: the next process takes it over."""
        with suppress(RedisError, OSError):
            for call in list(self._calls.values()):
                await self._live.write(call.id, call.take_writes())
                while call.unwritten:
                    await self._live.write(call.id, call.take_writes())
                await self._live.release(call.id)
        for call in list(self._calls.values()):
            call.lost = True
            call.close(RESTARTING)
        await self._attendance.flush()


async def _cancelled(tasks: "list[asyncio.Task[None]]") -> None:
    """Returns when all have ended. A library may swallow a cancellation, so it is repeated."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=0.2)
        for task in left:
            log.warning("task goes on", task=repr(task.get_stack(limit=3)))
