"""Whatever is said while somebody waits for Redis is found all the same."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from sfu import looks as looks_module
from sfu.looks import AT_ONCE, Looks
from tests.patience import PATIENCE
from tests.sfu import offers
from tests.sfu.signalman import Signalman
from tests.sfu.stage import Stage, tile
from zvonok.service import bus as service_bus
from zvonok.service.bus import Announcement, Subscribed, Subscription
from zvonok.wire import bus
from zvonok.wire.bus import WantedSession

WORKER = "worker"


class Interrupted:
    """A Redis between whose replies and their readers something happens."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.happens: list[Callable[[], Awaitable[None]]] = []
        """One for each reply; none any more: nothing happens."""
        self.failures = 0
        self.error: type[Exception] = RedisConnectionError
        self.commands: list[str] = []

    def __getattr__(self, name: str) -> Any:
        async def run(*arguments: Any, **options: Any) -> Any:
            self.commands.append(name)
            return await self._replied(await getattr(self._redis, name)(*arguments, **options))

        return run

    def pipeline(self, *, transaction: bool) -> Any:
        pipeline = self._redis.pipeline(transaction=transaction)
        execute = pipeline.execute

        async def interrupted() -> Any:
            self.commands += [str(command[0][0]) for command in pipeline.command_stack]
            return await self._replied(await execute())

        pipeline.execute = interrupted  # type: ignore[assignment,method-assign]
        return pipeline

    async def _replied(self, reply: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise self.error
        if self.happens:
            await self.happens.pop(0)()
        return reply


class Announcer:
    """A subscription whose announcements a test makes."""

    def __init__(self) -> None:
        self._items: asyncio.Queue[Announcement | Subscribed] = asyncio.Queue()

    async def add(self, channel: str) -> None:
        assert channel == bus.worker_key(WORKER)

    def say(self, call: str, *sessions: str) -> None:
        look = bus.encode(bus.Look(call=call, sessions=list(sessions)))
        self._items.put_nowait(Announcement(bus.worker_key(WORKER), look))

    def subscribed(self) -> None:
        self._items.put_nowait(Subscribed(bus.worker_key(WORKER)))

    async def __aiter__(self) -> AsyncIterator[Announcement | Subscribed]:
        while True:
            yield await self._items.get()
            self._items.task_done()

    async def heard(self) -> None:
        await self._items.join()
        await asyncio.sleep(0)


class Desk(Stage):
    """A stage that is kept at what Redis says by `Looks`."""

    def __init__(self, redis: Redis) -> None:
        super().__init__()
        self.redis = Interrupted(redis)
        self.announcer = Announcer()
        self.signalman = Signalman(redis, WORKER, "c")
        self.time = 0.0
        self.tasks: list[asyncio.Task[None]] = []
        self.looks = Looks(
            cast("Redis", self.redis),
            cast("Subscription", self.announcer),
            self.engine,
            WORKER,
            lambda: self.time,
            self.settle,
        )

    async def said(self, participant: int, **changes: Any) -> None:
        """Signaling has written and announced it, and `listen` has heard it."""
        await self.write(participant, **changes)
        self.announcer.say("c", f"s{participant}")
        await self.announcer.heard()

    async def write(self, participant: int, **changes: Any) -> None:
        name = f"s{participant}"
        old = self.wanted.get(name)
        fields: dict[str, Any] = {
            "session": name,
            "participant": participant,
            "offer_id": 1,
            "revision": old.revision + 1 if old else 1,
        }
        self.wanted[name] = WantedSession(**{**fields, **changes})
        await self.signalman.want(self.wanted[name], announce=False)

    async def look(self, times: int = 1) -> None:
        for _ in range(times):
            await self.looks.look()

    def gate(self, participant: int = 1) -> bool | None:
        """Whether the microphone was opened or closed last."""
        handle = self.engine._rooms["c"].sessions[f"s{participant}"].handle
        gates = [e[3] for e in self.kernel.log if e[:3] == ("set_gate", handle, 0)]
        return gates[-1] if gates else None


@pytest.fixture
async def desk(redis_url: str) -> AsyncIterator[Desk]:
    redis = service_bus.connect(redis_url)
    desk = Desk(redis)
    desk.tasks = [asyncio.create_task(desk.looks.listen())]
    yield desk
    for task in desk.tasks:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await redis.aclose()


async def nothing() -> None:
    """Happens while a reply is under way that is not meant."""


async def test_a_mute_that_comes_while_an_unmute_is_read(desk: Desk) -> None:
    await desk.said(1)
    await desk.look()
    await desk.said(1, open=["microphone"])

    async def mute() -> None:
        await desk.said(1, open=[])

    desk.redis.happens.append(mute)
    await desk.look()
    assert desk.gate() is True
    await desk.look()
    assert desk.gate() is False
    assert desk.actual["s1"].revision == desk.wanted["s1"].revision == 3


async def test_a_mute_that_comes_while_an_offer_is_read(desk: Desk) -> None:
    await desk.said(1, open=["microphone"])

    async def mute() -> None:
        await desk.said(1, open=[])

    desk.redis.happens += [nothing, mute]
    await desk.look()
    await desk.look()
    assert desk.gate() is False


async def test_a_second_everything_while_everything_is_read(desk: Desk) -> None:
    async def late() -> None:
        """Comes when the calls have been read already, and is not announced."""
        desk.signalman.call = "late"
        await desk.write(2)
        desk.announcer.subscribed()
        await desk.announcer.heard()

    await desk.write(1)
    desk.announcer.subscribed()
    await desk.announcer.heard()
    desk.redis.happens += [nothing, late]
    await desk.look(3)
    assert desk.engine.calls() == {"c", "late"}


@pytest.mark.parametrize("reads", range(5))
async def test_nothing_is_forgotten_when_redis_goes_away(desk: Desk, reads: int) -> None:
    """Whichever read fails: the run, calls, their sessions, a session, its offer."""
    await desk.write(1)
    desk.announcer.subscribed()
    await desk.announcer.heard()

    async def fail() -> None:
        desk.redis.failures = 1

    desk.redis.happens = [*[nothing] * (reads - 1), fail] if reads else []
    desk.redis.failures = 0 if reads else 1
    with pytest.raises(RedisConnectionError):
        await desk.look(5)
    await desk.look(2)
    assert desk.actual["s1"].answer is not None


async def test_an_offer_that_was_lost_is_not_answered_by_the_one_before(desk: Desk) -> None:
    """Its number was kept, but the process that took it died before its text was written."""
    await desk.said(1)
    await desk.look()
    desk.signalman._offered["s1"] = 2
    await desk.said(1, offer_id=2)
    await desk.look(2)
    actual = desk.engine._rooms["c"].sessions["s1"].actual()
    assert actual.error is not None
    assert (actual.offer_id, actual.error.code) == (2, "session_lost")


@pytest.mark.parametrize("error", [RedisConnectionError, OSError])
async def test_a_redis_that_is_away_ends_neither_work_nor_comparing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    for name in ("RETRY", "COMPARE_EVERY"):
        monkeypatch.setattr(looks_module, name, 0)
    desk.redis.error = error
    desk.redis.failures = 1
    await desk.said(1)
    desk.tasks.append(asyncio.create_task(desk.looks.work()))
    async with asyncio.timeout(PATIENCE):
        while "s1" not in desk.actual:
            await asyncio.sleep(0.001)
    desk.redis.failures = 2
    await desk.write(2)
    desk.tasks.append(asyncio.create_task(desk.looks.compare()))
    async with asyncio.timeout(PATIENCE):
        while "s2" not in desk.actual:
            await asyncio.sleep(0.001)


def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The last one is that which answers."""
    run = ["a"]

    async def run_of(_: Redis) -> str:
        return run[-1]

    monkeypatch.setattr(service_bus, "run_of", run_of)
    return run


async def test_another_run_of_redis_is_told_all_that_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has lost its last second, or all; what did not change is nowhere else."""
    run = runs(monkeypatch)

    async def back() -> dict[str, str]:
        """What is written when the line to Redis is there again."""
        desk.answers.clear()
        desk.announcer.subscribed()
        await desk.announcer.heard()
        await desk.look()
        return desk.answers

    await desk.write(1)
    assert set(await back()) == {"s1"}
    assert not await back()
    run.append("b")
    assert set(await back()) == {"s1"}
    assert not await back()


@pytest.mark.parametrize("everything", [False, True])
async def test_another_run_of_redis_that_says_less_is_not_obeyed_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, everything: bool
) -> None:
    """It has forgotten a mute, or the call; signaling is about to say it again."""
    run = runs(monkeypatch)
    desk.announcer.subscribed()
    await desk.said(1, open=["microphone"])
    await desk.look()
    key = bus.wanted_key("c")
    earlier = await desk.redis.hget(key, "s1")
    await desk.said(1)
    await desk.look()
    if everything:
        await desk.redis.delete(key, bus.calls_key(WORKER))
    else:
        await desk.redis.hset(key, "s1", earlier)
    run.append("b")
    await desk.looks.compare_once()
    await desk.look()
    assert desk.gate() is False
    assert len(desk.kernel.open) == 1
    await desk.said(2, open=["microphone"])
    await desk.look()
    assert desk.gate(2) is True, "what is new is obeyed"
    desk.time += looks_module.DOUBT
    await desk.signalman.unwant("s1")
    await desk.looks.compare_once()
    await desk.look()
    assert len(desk.kernel.open) == 1, "the doubt ends"


async def test_everything_is_looked_at_once(desk: Desk) -> None:
    await desk.write(1)
    desk.announcer.subscribed()
    await desk.announcer.heard()
    await desk.look()
    assert "s1" in desk.actual
    desk.redis.commands.clear()
    await desk.look()
    assert desk.redis.commands == []


async def test_a_session_read_before_its_newer_offer_is_read_again(desk: Desk) -> None:
    await desk.said(1)

    async def next_offer() -> None:
        await desk.write(1, offer_id=2)

    desk.redis.happens.append(next_offer)
    await desk.look()
    assert desk.actual == {}
    await desk.look()
    actual = desk.actual["s1"]
    assert (actual.offer_id, actual.error) == (2, None)


async def test_offers_are_read_only_when_they_are_new(desk: Desk) -> None:
    await desk.said(1)
    await desk.look()
    desk.redis.commands.clear()
    await desk.said(1, open=["camera"])
    await desk.look()
    assert desk.redis.commands == ["SISMEMBER", "HGET"]


async def test_a_call_that_moved_is_given_up(desk: Desk) -> None:
    await desk.said(1)
    await desk.look()
    await desk.redis.srem(bus.calls_key(WORKER), "c")
    desk.announcer.say("c", "s1")
    await desk.announcer.heard()
    await desk.look()
    assert desk.kernel.open == set()
    assert desk.dropped == []


async def test_lessons_take_turns(desk: Desk) -> None:
    """One that says much waits for itself."""
    for participant in range(1, 3 * AT_ONCE):
        await desk.write(participant)
    desk.announcer.say("c", *desk.wanted)
    desk.signalman.call = "other"
    await desk.write(999)
    desk.announcer.say("other", "s999")
    await desk.announcer.heard()
    await desk.look()
    assert "s999" in desk.actual
    assert len(desk.actual) == AT_ONCE


async def test_work_that_takes_long_lets_others_have_their_turn(desk: Desk) -> None:
    for participant in range(1, 20):
        await desk.write(participant)
    desk.announcer.say("c", *desk.wanted)
    await desk.announcer.heard()
    settle = desk.settle

    def slow() -> None:
        desk.time += looks_module.STALE
        settle()

    desk.looks._changed = slow
    await desk.look()
    assert len(desk.actual) == 1
    await desk.said(1, open=["microphone"])
    desk.looks._changed = settle
    await desk.look()
    assert len(desk.actual) == 19
    assert desk.actual["s1"].revision == 2


async def test_who_comes_later_is_not_looked_at_first(desk: Desk) -> None:
    """Else as long as somebody comes, who was read and had not his turn yet is never looked at."""
    for participant in (1, 2, 3):
        await desk.said(participant)
    settle = desk.settle

    def slow() -> None:
        desk.time += looks_module.STALE
        settle()

    desk.looks._changed = slow
    for participant in (4, 5, 6):
        # While what was read is being told.
        desk.redis.happens = [nothing, partial(desk.said, participant)]
        await desk.look()
    assert set(desk.actual) == {"s1", "s2", "s3"}


async def test_comparing_finds_what_nobody_announced(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks_module, "COMPARED_AT_ONCE", 16)
    # A value of more than 64 bytes: Redis gives short ones out all at once, however many.
    await desk.write(90, view=[tile(slot, 1) for slot in range(25)])
    for participant in range(1, 90):
        await desk.write(participant)
    await desk.looks.compare_once()
    assert desk.redis.commands.count("hscan") > 3, "in parts"
    await desk.look(5)
    assert len(desk.actual) == 90
    await desk.write(7, open=["microphone"])
    await desk.signalman.unwant("s8")
    await desk.looks.compare_once()
    desk.redis.commands.clear()
    await desk.look()
    assert desk.redis.commands.count("HGET") == 2
    assert desk.gate(7) is True
    assert "s8" not in desk.actual
    await desk.redis.srem(bus.calls_key(WORKER), "c")
    await desk.looks.compare_once()
    await desk.look(5)
    assert desk.kernel.open == set()


async def test_comparing_leaves_alone_what_is_as_it_was_told(desk: Desk) -> None:
    await desk.said(1)
    await desk.look()
    desk.signalman.call = "garbage"
    await desk.write(2)
    await desk.redis.hset(bus.wanted_key("garbage"), "s2", b"\xc1")
    desk.announcer.say("garbage", "s2")
    await desk.announcer.heard()
    await desk.look()
    await desk.looks.compare_once()
    desk.redis.commands.clear()
    await desk.look()
    assert desk.redis.commands == []


@pytest.mark.parametrize("seed", range(10))
async def test_three_lessons_that_begin_at_once(desk: Desk, seed: int) -> None:
    """30 people each join, show their view and use their microphones; nobody's last word is lost.

    Without `compare`.
    """
    chance = random.Random(seed)
    desk.tasks.append(asyncio.create_task(desk.looks.work()))

    async def behave(number: int) -> WantedSession:
        signalman = Signalman(desk.redis._redis, WORKER, f"lesson {number % 3}")
        wanted = WantedSession(session=f"s{number}", participant=number, offer_id=1, revision=0)
        for revision in range(1, 8):
            await asyncio.sleep(chance.choice([0, 0.0005, 0.001, 0.003]))
            wanted = WantedSession(
                session=wanted.session,
                participant=number,
                offer_id=1,
                revision=revision,
                open=chance.choice([[], ["microphone"], ["microphone", "camera"]]),
                view=[bus.Tile(0, chance.randrange(1, 90), "camera", 180)],
            )
            await signalman.want(wanted, offers.browser(), announce=False)
            desk.announcer.say(signalman.call, wanted.session)
        return wanted

    last = await asyncio.gather(*(behave(number) for number in range(1, 91)))
    await desk.announcer.heard()
    async with asyncio.timeout(PATIENCE):
        while any(_stale(desk, wanted) for wanted in last):
            await asyncio.sleep(0.01)
    for wanted in last:
        session = desk.engine._rooms[f"lesson {wanted.participant % 3}"].sessions[wanted.session]
        assert session.published == set(wanted.open)
        assert list(session.tiles.values()) == wanted.view


def _stale(desk: Desk, wanted: WantedSession) -> bool:
    actual = desk.actual.get(wanted.session)
    return actual is None or actual.revision < wanted.revision


@pytest.mark.parametrize("seed", range(10))
async def test_a_mute_soon_after_an_unmute_is_obeyed(desk: Desk, seed: int) -> None:
    """0.5 to 1 ms later: about as long as a read takes."""
    chance = random.Random(seed)
    await desk.said(1)
    desk.tasks.append(asyncio.create_task(desk.looks.work()))
    for _ in range(30):
        await desk.said(1, open=["microphone"])
        await asyncio.sleep(chance.uniform(0.0005, 0.001))
        await desk.said(1, open=[])
        async with asyncio.timeout(PATIENCE):
            while _stale(desk, desk.wanted["s1"]):
                await asyncio.sleep(0.001)
        assert desk.gate() is not True


async def test_whoever_waits_for_a_silent_redis_is_behind(desk: Desk) -> None:
    desk.time = looks_module.BEHIND
    await desk.said(1)
    blocked = asyncio.Event()
    desk.redis.happens.append(cast("Callable[[], Awaitable[None]]", blocked.wait))
    desk.tasks.append(asyncio.create_task(desk.looks.work()))
    while desk.redis.happens:
        await asyncio.sleep(0.001)
    desk.time += looks_module.BEHIND
    behind = [desk.looks.behind]
    blocked.set()
    async with asyncio.timeout(PATIENCE):
        while "s1" not in desk.actual:
            await asyncio.sleep(0.001)
    assert [*behind, desk.looks.behind] == [True, False]


async def test_who_has_nothing_to_do_is_not_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looks_module, "BEHIND", 0.002)
    desk.time = 1.0
    desk.tasks.append(asyncio.create_task(desk.looks.work()))
    async with asyncio.timeout(PATIENCE):
        while desk.looks.behind:
            await asyncio.sleep(0.001)


async def test_what_another_version_stored_keeps_nobody_out(desk: Desk) -> None:
    await desk.redis.hset(bus.actual_key("c"), "s1", b"\xc1")
    await desk.said(1)
    await desk.look()
    assert desk.actual["s1"].answer is not None
