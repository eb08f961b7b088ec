"""Whose a call is, and what of an earlier one is left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from signaling import live
from signaling.call.call import NUMBERS_SKIPPED, Call
from signaling.call.effects import Keep
from signaling.clock import Clock
from signaling.leases import RETRY_SECONDS, Leases
from signaling.live import CallState, Live
from signaling.live_call import LiveCall, Surroundings
from tests.patience import PATIENCE
from tests.signaling.conftest import Schools
from tests.signaling.fake_sfu import FakeSfu
from zvonok.wire import bus
from zvonok.wire.bus import ActualSession, Description, WantedSession
from zvonok.wire.client import Answer, End, Offer
from zvonok.wire.errors import Refusal

GHOST = WantedSession(session="ghost", participant=7, kind="browser", offer_id=0, revision=1)


class Quiet:
    def touched(self, call: LiveCall) -> None: ...


@pytest.mark.parametrize(("behind", "ours"), [(-1, True), (0, True), (1, False)])
async def test_a_call_that_another_ran_meanwhile_is_lost(
    redis: Redis, behind: int, ours: bool
) -> None:
    """The other has died too, so the lease is free; but it gave out numbers we know nothing of."""
    engine = Call("Algebra", 0.0)
    engine.next_number = 5
    call = LiveCall(f"c{behind}", engine, cast("Surroundings", Quiet()), Clock())
    state = CallState(title="Algebra", next_number=5 + behind, sequence=1, worker=None)
    other = Live(redis, "other")
    assert await other.acquire(call.id)
    assert await other.write(call.id, [live.keep_state(call.id, state)])
    await other.release(call.id)
    mine = Live(redis, "me")
    assert await Leases(mine, Clock().steady).regain(call) is ours
    # Whoever is not to have it does not keep others from it.
    assert (await redis.get(live.owner_key(call.id)) == b"me") is ours


@pytest.mark.parametrize("step", ["load", "release"])
async def test_a_lease_alone_does_not_make_a_call_ours_that_another_ran_meanwhile(
    schools: Schools, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Redis went away after it had given the lease."""
    monkeypatch.setattr(live, "RENEW_SECONDS", 3600.0)
    async with schools.start() as school:
        lesson = (await school.client.lesson()).lesson.id
        call = await school.parts.calls.get(lesson)
        numbers = call.engine.next_number + NUMBERS_SKIPPED
        later = CallState(title="Algebra", next_number=numbers, sequence=9, worker=None)
        asked = asyncio.Event()
        asks: Callable[[Live, str], Awaitable[object]] = getattr(Live, step)

        async def once_away(self: Live, call_id: str) -> object:
            if not asked.is_set():
                asked.set()
                raise RedisConnectionError
            return await asks(self, call_id)

        other = Live(redis, "other")
        await redis.delete(live.owner_key(lesson))
        assert await other.acquire(lesson)
        assert await other.write(lesson, [live.keep_state(lesson, later)])
        await other.release(lesson)
        monkeypatch.setattr(Live, step, once_away)
        call.run([Keep("seat:1", 1)])
        async with asyncio.timeout(PATIENCE):
            while call.usable:
                await asyncio.sleep(0.01)
        assert asked.is_set()
        assert not await redis.hexists(live.state_key(lesson), "seat:1")


async def test_a_call_that_another_runs_is_not_ours(redis: Redis) -> None:
    call = LiveCall("elsewhere", Call("Algebra", 0.0), cast("Surroundings", Quiet()), Clock())
    assert await Live(redis, "other").acquire(call.id)
    assert not await Leases(Live(redis, "me"), Clock().steady).regain(call)
    assert await redis.get(live.owner_key(call.id)) == b"other"


async def test_a_call_that_redis_forgot_is_ours_again(redis: Redis) -> None:
    call = LiveCall("forgotten", Call("Algebra", 0.0), cast("Surroundings", Quiet()), Clock())
    assert await Leases(Live(redis, "me"), Clock().steady).regain(call)


async def test_a_redis_that_forgot_lease_and_move_is_told_whom_the_call_has_left(
    redis: Redis,
) -> None:
    """What it has is overwritten by the next write, so that nobody would find it later."""
    call = LiveCall("moved", Call("Algebra", 0.0), cast("Surroundings", Quiet()), Clock(), "new")
    state = CallState(title="Algebra", next_number=1, sequence=0, worker="old")
    mine = Live(redis, "me")
    assert await mine.acquire(call.id)
    assert await mine.write(call.id, [live.keep_state(call.id, state)])
    await mine.release(call.id)
    assert await Leases(mine, Clock().steady).regain(call)
    assert live.drop("old", call.id) in call.take_writes()


class Elsewhere:
    """A Redis in which another process has the call."""

    def __init__(self) -> None:
        self.tries = 0

    async def acquire(self, _lesson: str) -> bool:
        self.tries += 1
        await asyncio.sleep(0)
        return False


@pytest.mark.parametrize(("seconds", "most"), [(-1.0, 1), (1.5 * RETRY_SECONDS, 3)])
async def test_who_waits_for_a_lease_asks_now_and_then_and_at_least_once(
    seconds: float, most: int
) -> None:
    elsewhere, steady = Elsewhere(), asyncio.get_running_loop().time
    with pytest.raises(Refusal) as refused:
        await Leases(cast("Live", elsewhere), steady).acquire("call", steady() + seconds)
    assert (refused.value.status, refused.value.body.code) == (503, "call_elsewhere")
    assert 1 <= elsewhere.tries <= most


async def test_sessions_without_a_seat_are_closed_by_a_takeover(
    schools: Schools, sfu: FakeSfu, redis: Redis
) -> None:
    async with schools.start() as first:
        lesson = await first.client.lesson()
        browser = await first.client.come(lesson.host_link, "A")
        await browser.send(Offer(0, "v=0\r\nan offer"))
        await browser.until(Answer)
        await sfu.session_of(browser.you)
    key = bus.wanted_key(lesson.lesson.id)
    await redis.hset(key, "ghost", bus.encode(GHOST))
    async with schools.start():
        await sfu.until_closed("ghost")
        assert not await redis.hexists(key, "ghost")
        assert await redis.hlen(key) == 1


async def test_a_new_call_begins_with_nothing_of_an_old_one(
    schools: Schools, sfu: FakeSfu, redis: Redis
) -> None:
    async with schools.start() as school:
        lesson = await school.client.lesson()
        call = lesson.lesson.id
        await redis.hset(live.state_key(call), "seat:7", b"of long ago")
        await redis.hset(bus.wanted_key(call), "ghost", bus.encode(GHOST))
        await redis.hset(bus.offers_key(call), "ghost", bus.encode(Description(0, "v=0")))
        actual = ActualSession(session="ghost", offer_id=0, answer="x")
        await redis.hset(bus.actual_key(call), "ghost", bus.encode(actual))
        await redis.hset(bus.answers_key(call), "ghost", bus.encode(Description(0, "v=0")))
        browser = await school.client.come(lesson.host_link, "A")
        async with asyncio.timeout(PATIENCE):
            while not await redis.hexists(live.state_key(call), f"seat:{browser.you}"):
                await asyncio.sleep(0.01)
        assert not await redis.hexists(live.state_key(call), "seat:7")
        for key in (bus.wanted_key, bus.offers_key, bus.actual_key, bus.answers_key):
            assert not await redis.hexists(key(call), "ghost")


async def test_what_no_media_server_removes_after_the_end_does_not_stay_for_ever(
    schools: Schools, sfu: FakeSfu, redis: Redis
) -> None:
    """It died before that, and the next one is not told of a call that is over."""
    async with schools.start() as school:
        lesson = await school.client.lesson()
        call = lesson.lesson.id
        browser = await school.client.come(lesson.host_link, "A")
        await browser.send(Offer(0, "v=0\r\nan offer"))
        await browser.until(Answer)
        await browser.send(End())
        await browser.until_closed()
        async with asyncio.timeout(PATIENCE):
            while await redis.exists(live.state_key(call)):
                await asyncio.sleep(0.01)
        for key in (bus.actual_key(call), bus.answers_key(call)):
            assert await redis.ttl(key) > 0
