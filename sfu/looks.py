"""Reads from Redis what is wanted, whenever somebody says 'look again'."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from zvonok.service.bus import Announcement, Runs, Subscription
from zvonok.wire import bus

from .engine import Engine
from .turns import Turns

RETRY = 0.5
"""Seconds to wait for a Redis that does not answer."""
AT_ONCE = 32
"""Sessions read in one go."""
BREATH = 0.005
"""Seconds of work after which media events get their turn."""
STALE = 0.025
"""Seconds of work after which what was read is read again, and those who came meanwhile too."""
BEHIND = 10.0
"""Seconds without any progress after which what waits, waits too long."""
DOUBT = 6.0
"""Seconds for which another Redis may say less than was told: signaling writes again what holds
when it renews its leases, three times in that."""
COMPARE_EVERY = 5.0
COMPARED_AT_ONCE = 128

Name = tuple[str, str]
"""Call and session."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Found:
    """What Redis says of one session."""

    name: Name
    carried: bool
    """The call is for this worker."""
    wanted: bytes | None
    actual: bytes | None
    """Read only of a session that the engine does not know."""


class Looks:
    """Keeps the engine at what Redis says. `changed` is called after every change.

    Three tasks: `listen` collects what to look at, `work` looks, and `compare` finds what was
    missed all the same. Whoever has something to look at adds a name; only `work` tells the
    engine, so what it tells is never older than what it told before.
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
        self._pending: Turns[str, str] = Turns()
        self._everything = False
        self._wake = asyncio.Event()
        self._idle_at = clock()
        """When last something was done, or nothing was to be done."""
        self._told: dict[Name, bytes] = {}
        """What the engine was told last, as it was read."""
        self._runs = Runs(redis)
        """Those of Redis that have been told all that is."""
        self._doubt_until = 0.0

    @property
    def behind(self) -> bool:
        """Whether something waits and nothing has moved for long; for health."""
        return self._clock() - self._idle_at >= BEHIND

    async def listen(self) -> None:
        await self._subscription.add(bus.worker_key(self._worker))
        async for item in self._subscription:
            if isinstance(item, Announcement):
                try:
                    look = bus.decode_look(item.data)
                except msgspec.MsgspecError as error:
                    log.warning("bad look", error=str(error))
                    continue
                self._add(look.call, look.sessions)
                # Those that wait in the connection's buffer would come without a pause.
                await asyncio.sleep(0)
            else:
                self._everything = True
                self._wake.set()

    async def work(self) -> None:
        while True:
            await self._idle()
            try:
                await self.look()
            except (RedisError, OSError) as error:
                log.warning("redis away", error=str(error))
                await asyncio.sleep(RETRY)

    async def compare(self) -> None:
        """A net under the announcements: looks again at what is not as it was told."""
        while True:
            await asyncio.sleep(COMPARE_EVERY)
            try:
                await self.compare_once()
            except (RedisError, OSError) as error:
                log.warning("redis away", error=str(error))

    async def _idle(self) -> None:
        while not self._wake.is_set():
            self._idle_at = self._clock()
            with suppress(TimeoutError):
                # Not `wait_for`, which before Python 3.12 may lose a cancellation.
                async with asyncio.timeout(BEHIND / 2):
                    await self._wake.wait()

    # ── looking ──

    async def look(self) -> None:
        """Looks at some of what waits. Raises RedisError or OSError; nothing is forgotten then."""
        self._wake.clear()
        await self._find_everything()
        names = self._take()
        if not names:
            return
        if self._pending:
            self._wake.set()
        try:
            found = await self._read(names)
            if any(self._lacks(one) for one in found):
                # Asked after reading: what was read is of this run, or of one before it.
                await self._remind()
            # From here on a name is still here until the engine knows what was read; whatever
            # is announced while we wait is added anew, because `_take` has taken it out.
            began = breathed = self._clock()
            while found:
                await self._tell(found[0])
                del found[0], names[0]
                now = self._idle_at = self._clock()
                if now - began >= STALE:
                    break
                if now - breathed >= BREATH:
                    await asyncio.sleep(0)
                    breathed = self._clock()
        finally:
            if names:
                self._pending.put_back(names)
                self._wake.set()

    def _add(self, call: str, sessions: Iterable[str]) -> None:
        for session in sessions:
            self._pending.add(call, session)
        self._wake.set()

    def _take(self) -> list[Name]:
        names: list[Name] = []
        while self._pending and len(names) < AT_ONCE:
            names.append(self._pending.take())
        return names

    async def _find_everything(self) -> None:
        if not self._everything:
            return
        # Before the first read: whoever says 'everything' while we read means it once more.
        self._everything = False
        try:
            await self._remind()
            for call in await self._calls():
                for key in (bus.wanted_key(call), bus.actual_key(call)):
                    fields = await cast("Any", self._redis.hkeys(key))
                    self._add(call, (field.decode() for field in fields))
        except BaseException:
            self._everything = True
            self._wake.set()
            raise
        for call in self._engine.calls():
            self._add(call, self._engine.sessions(call))

    async def _remind(self) -> None:
        """A Redis that died may lack its last second, or all of what is."""
        async with self._runs.another() as another:
            if not another:
                return
            log.warning("redis is another one")
            self._doubt_until = self._clock() + DOUBT
            for call in self._engine.calls():
                self._engine.write_again(call)
                self._changed()
                await asyncio.sleep(0)

    async def _calls(self) -> set[str]:
        members = await cast("Any", self._redis.smembers(bus.calls_key(self._worker)))
        return {member.decode() for member in members}

    async def _read(self, names: list[Name]) -> list[Found]:
        calls = list({call: None for call, _ in names})
        fresh = {name for name in names if not self._engine.knows(*name)}
        async with self._redis.pipeline(transaction=False) as pipeline:
            for call in calls:
                pipeline.sismember(bus.calls_key(self._worker), call)
            for call, session in names:
                pipeline.hget(bus.wanted_key(call), session)
                if (call, session) in fresh:
                    pipeline.hget(bus.actual_key(call), session)
            values = iter(await pipeline.execute())
        carried = {call: bool(next(values)) for call in calls}
        return [
            Found(name, carried[name[0]], next(values), next(values) if name in fresh else None)
            for name in names
        ]

    def _lacks(self, found: Found) -> bool:
        """Whether Redis says less of the session than it did."""
        told = self._told.get(found.name)
        if told is None:
            return False
        if found.wanted is None or not found.carried:
            return True
        return found.wanted != told and _revision(found.wanted) < _revision(told)

    async def _tell(self, found: Found) -> None:
        call, session = found.name
        if self._clock() < self._doubt_until and self._lacks(found):
            # `compare` finds it again: it is not as it was told.
            return
        try:
            if found.wanted is None:
                self._told.pop(found.name, None)
                self._engine.unwant(call, session, self._clock())
            elif not found.carried:
                self._told.pop(found.name, None)
                self._engine.abandon(call, session, self._clock())
            else:
                # Even if it fails: what cannot be is not tried again until it is changed.
                self._told[found.name] = found.wanted
                await self._want(call, found.wanted, found.actual)
        except (RedisError, OSError):
            raise
        except Exception:
            # One session that cannot be must not end all the others.
            log.exception("session failed", call=call, session=session)
        self._changed()

    async def _want(self, call: str, value: bytes, stored: bytes | None) -> None:
        wanted = bus.decode_wanted(value)
        previous = _previous(stored)
        offer = None
        if self._engine.needs_offer(call, wanted, previous):
            key = bus.offers_key(call)
            description = await cast("Any", self._redis.hget(key, wanted.session))
            offer = bus.decode_description(description) if description else None
            if offer is not None and offer.offer_id > wanted.offer_id:
                # What was read of the session is old already.
                self._told.pop((call, wanted.session), None)
                self._add(call, [wanted.session])
                return
            if offer is not None and offer.offer_id < wanted.offer_id:
                # The one that is wanted was lost with the process that took it.
                offer = None
        self._engine.want(call, wanted, offer, previous, self._clock())

    # ── comparing ──

    async def compare_once(self) -> None:
        """Looks again at each session of which Redis says something else than was told.

        Raises RedisError or OSError.
        """
        calls = await self._calls()
        for call in calls:
            await self._compare_call(call)
        for call in self._engine.calls() - calls:
            self._add(call, self._engine.sessions(call))

    async def _compare_call(self, call: str) -> None:
        left = self._engine.sessions(call)
        cursor = -1
        while cursor:
            # In parts: a call of 2000 people must not hold up the loop.
            cursor, fields = await cast(
                "Any",
                self._redis.hscan(bus.wanted_key(call), max(0, cursor), count=COMPARED_AT_ONCE),
            )
            found = {field.decode(): value for field, value in fields.items()}
            left -= found.keys()
            self._add(call, (s for s, value in found.items() if self._told.get((call, s)) != value))
        self._add(call, left & self._engine.sessions(call))


def _revision(wanted: bytes) -> int:
    try:
        return bus.decode_wanted(wanted).revision
    except msgspec.MsgspecError:
        return 0


def _previous(stored: bytes | None) -> bus.ActualSession | None:
    """None as well for what another version wrote and this one cannot read."""
    try:
        return bus.decode_actual(stored) if stored else None
    except msgspec.MsgspecError as error:
        log.warning("left out what cannot be read", error=str(error))
        return None
