"""The calls that run here: who works for each, what it asks for, and how it is let go."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import structlog

from zvonok.service.bus import Subscription
from zvonok.service.tasks import Tasks
from zvonok.wire import bus
from zvonok.wire.errors import ErrorBody

from .call.call import Call
from .call.effects import EndAsked
from .clock import Clock
from .errand import Errand
from .leases import Leases
from .live import Live
from .live_call import LiveCall
from .reader import Reader
from .store import Store
from .workers import Workers
from .writer import Writer

log = structlog.get_logger()
GONE = 410
RESTARTING = 503


@dataclass(frozen=True)
class Running:
    """A call of ours and who works for it."""

    call: LiveCall
    writer: Writer
    reader: Reader
    sizing: Errand
    """Writes the lesson's size to SQL."""
    ending: Errand
    """Looks in SQL whether another process has ended the lesson."""

    @property
    def errands(self) -> tuple[Errand, ...]:
        return self.writer.errand, self.reader.errand, self.sizing, self.ending


class Registry:
    """At most one call of each lesson. These are also the surroundings of each `LiveCall`."""

    def __init__(
        self,
        live: Live,
        leases: Leases,
        workers: Workers,
        store: Store,
        subscription: Subscription,
        tasks: Tasks,
        clock: Clock,
    ) -> None:
        self._live = live
        self._leases = leases
        self._workers = workers
        self._store = store
        self._subscription = subscription
        self._tasks = tasks
        self._clock = clock
        self._running: dict[str, Running] = {}

    def all(self) -> list[Running]:
        """As it is now: calls come and go while somebody goes through them."""
        return list(self._running.values())

    def find(self, lesson: str) -> Running | None:
        """It may be over, with only the writing left to do."""
        return self._running.get(lesson)

    def add(self, lesson: str, engine: Call, worker: str | None) -> LiveCall:
        """This call runs here from now on; its lease is ours."""
        call = LiveCall(lesson, engine, self, self._clock, worker)
        writer = Writer(call, self._live, self._workers, self)
        reader = Reader(call, self._live, self._clock.steady)
        sizing = Errand("write the size", partial(self._store_size, call))
        ending = Errand("look for the end", partial(self._end_if_ended, call))
        running = self._running[lesson] = Running(call, writer, reader, sizing, ending)
        for errand in running.errands:
            self._tasks.begin(errand.run, name=f"errand of {lesson}")
        return call

    # ── Surroundings of a call ──

    def touched(self, call: LiveCall) -> None:
        self._ask(call, lambda running: running.writer.errand)

    def resized(self, call: LiveCall) -> None:
        self._ask(call, lambda running: running.sizing)

    def end_asked(self, call: LiveCall, effect: EndAsked) -> None:
        self._tasks.begin(partial(self._end_lesson, call, effect), name="end a lesson")

    # ── Keeper of a writer ──

    async def finished(self, call: LiveCall) -> None:
        await self._let_go(call, GONE)

    async def taken(self, call: LiveCall) -> None:
        if not await self._leases.regain(call):
            log.warning("call lost to another process", call=call.id)
            call.lost = True
            await self._let_go(call, RESTARTING)
            return
        # Nobody's lease and no writing waits for SQL.
        self._ask(call, lambda running: running.ending)

    # ── inside ──

    def _ask(self, call: LiveCall, errand: Callable[[Running], Errand]) -> None:
        running = self._running.get(call.id)
        if running is not None and running.call is call:
            errand(running).ask()

    async def _let_go(self, call: LiveCall, status: int) -> None:
        call.close(status)
        running = self._running.get(call.id)
        if running is not None and running.call is call:
            del self._running[call.id]
            for errand in running.errands:
                errand.end()
            await self._subscription.remove(bus.call_channel(call.id))

    async def _store_size(self, call: LiveCall) -> None:
        size = call.engine.size.size
        await self._store.resize_lesson(call.id, size)
        # Else it was changed again meanwhile, and that is written next.
        if call.engine.size.size == size:
            call.sized()

    async def _end_if_ended(self, call: LiveCall) -> None:
        lesson = await self._store.lesson(call.id)
        if lesson is not None and lesson.ended is not None:
            # Whoever had the lease meanwhile has ended it there, and forgotten it.
            call.run(call.engine.end(self._clock.steady()))

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
            call.run(call.engine.end(self._clock.steady()))
