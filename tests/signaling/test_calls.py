"""Restarts, lost announcements, lost workers: nothing that was agreed is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from sqlalchemy import select

from signaling import live
from signaling.keeping import MEETING_SECONDS, SILENT_SECONDS
from signaling.leases import Leases
from signaling.live import Command, Kept, Live
from signaling.live_call import LiveCall
from signaling.outlet import SocketOutlet
from signaling.store import Lesson, Store
from signaling.tables import attendance
from tests.patience import PATIENCE
from tests.servers import full
from tests.signaling.conftest import School, Schools
from tests.signaling.fake_sfu import FakeSfu
from zvonok.service import bus as service_bus
from zvonok.service.bus import Announcement, Subscription, connect
from zvonok.service.storage import Database
from zvonok.wire import bus
from zvonok.wire.bus import ActualSession, WorkerState
from zvonok.wire.client import (
    Answer,
    Done,
    End,
    Ended,
    Failed,
    Line,
    Media,
    Offer,
    OwnMedia,
    Publish,
    SetMedia,
    Speakers,
    Welcome,
)
from zvonok.wire.errors import Refusal

OFFER = "v=0\r\nan offer"


async def test_a_restarted_process_takes_calls_over(schools: Schools, sfu: FakeSfu) -> None:
    async with schools.start() as first:
        lesson = await first.client.lesson()
        grant = await first.client.enter(lesson.host_link, "Ольга")
        browser = await first.client.join(grant, media=Media(camera=True))
        await browser.send(Offer(0, OFFER))
        await browser.until(Publish)
        session = await sfu.session_of(browser.you)
        stays_away = await first.client.come(lesson.participant_link, "Away")
    assert await browser.until_closed() == 1012
    assert sfu.closed == []
    assert browser.welcome is not None
    async with schools.start() as second:
        back = await second.client.join(grant, browser.welcome.resume, Media(camera=True))
        assert back.welcome is not None
        assert back.welcome.resumed
        assert back.you == browser.you
        assert back.people[back.you].name == "Ольга"
        await back.until_person(stays_away.you, present=False)
        fresh = await second.client.come(lesson.participant_link, "New")
        assert fresh.you > stays_away.you
        await back.send(Offer(1, OFFER))
        assert (await back.until(Answer)).id == 1
    assert session not in sfu.closed


async def test_what_another_version_wrote_keeps_nobody_out(
    schools: Schools, sfu: FakeSfu, redis: Redis
) -> None:
    async with schools.start() as first:
        one, other = await first.client.lesson(), await first.client.lesson()
        grant = await first.client.enter(one.host_link, "Ольга")
        browser = await first.client.join(grant)
        await browser.send(Offer(0, OFFER))
        session = await sfu.session_of(browser.you)
        await first.client.come(other.host_link, "Иван")
        await browser.until(Answer)
    unreadable = b"\xc1"
    await redis.hset(bus.wanted_key(one.lesson.id), session, unreadable)
    await redis.hset(bus.actual_key(one.lesson.id), session, unreadable)
    await redis.hset(live.state_key(other.lesson.id), "call", unreadable)
    await redis.sadd(bus.WORKERS_KEY, "of-old")
    await redis.set(bus.worker_key("of-old"), unreadable)
    assert browser.welcome is not None
    async with schools.start() as second:
        back = await second.client.join(grant, browser.welcome.resume)
        assert back.welcome is not None
        assert back.welcome.resumed
        await back.send(Offer(1, OFFER))
        assert (await back.until(Answer)).id == 1
        await second.client.come(other.participant_link, "Пётр")


async def test_a_killed_process_is_replaced_after_its_lease(
    schools: Schools, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Else the first might find the lease free before the second does, and take it back.
    monkeypatch.setattr(live, "RENEW_SECONDS", 3600.0)
    async with schools.start() as first, schools.start() as second:
        lesson = await first.client.lesson()
        grant = await first.client.enter(lesson.host_link, "A")
        browser = await first.client.join(grant)
        await browser.until_people(1)
        call = lesson.lesson.id
        await redis.set(live.owner_key(call), "somebody who died", px=600)
        assert browser.welcome is not None
        back = await second.client.join(grant, browser.welcome.resume)
        assert back.welcome is not None
        assert back.welcome.resumed
        # The first finds out that the call is not its own and lets go of it.
        await first.parts.calls._keeping.renew_leases()
        assert await browser.until_closed() == 4503


async def test_a_call_of_another_process_is_not_touched(
    schools: Schools, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.leases.WAIT_SECONDS", 0.1)
    async with schools.start() as school:
        lesson = await school.client.lesson()
        await redis.set(live.owner_key(lesson.lesson.id), "another")
        refused = await school.client.knock(await school.client.enter(lesson.host_link, "A"))
        assert refused.error.code == "call_elsewhere"
        assert refused.error.details["retry_after"] > 0


async def test_abandoned_calls_are_adopted_and_end(
    schools: Schools, sfu: FakeSfu, redis: Redis
) -> None:
    async with schools.start() as first:
        lesson = await first.client.lesson()
        browser = await first.client.come(lesson.host_link, "A")
        await browser.send(Offer(0, OFFER))
        await browser.until(Answer)
        session = await sfu.session_of(browser.you)
    async with schools.start() as second:
        # Not only its lease: from the takeover on the seat is held for a while.
        async with asyncio.timeout(PATIENCE):
            while second.parts.calls.running_call(lesson.lesson.id) is None:
                await asyncio.sleep(0.01)
        schools.offset.seconds += 100
        await second.nudge(lesson.lesson.id)
        await sfu.until_closed(session)
        schools.offset.seconds += 301
        await second.nudge(lesson.lesson.id)
        async with asyncio.timeout(PATIENCE):
            while await redis.smembers(live.LIVE_KEY):
                await asyncio.sleep(0.01)
        # What the SFU has written is for the SFU to remove.
        assert set(await redis.keys(f"*{lesson.lesson.id}*")) == {
            bus.actual_key(lesson.lesson.id).encode(),
            bus.answers_key(lesson.lesson.id).encode(),
        }
        # The lesson itself stays open: whoever comes later begins anew.
        again = await second.client.come(lesson.host_link, "A")
        assert again.people.keys() == {1}


async def test_nothing_is_lost_with_an_announcement(school: School, sfu: FakeSfu) -> None:
    """The SFU's word is read again after every reconnect to Redis."""
    lesson = await school.client.lesson()
    call = lesson.lesson.id
    browser = await school.client.come(lesson.participant_link, "A")
    sfu.answering = False
    await browser.send(Offer(0, OFFER))
    session = await sfu.session_of(browser.you)
    await sfu.answer(call, sfu.wanted[session], notice=False)
    await _cut_subscriptions(school)
    assert await browser.until(Answer) == Answer(0, "v=0\r\nanswer 0 of 1")


async def test_what_redis_did_not_take_is_written_later(
    school: School, sfu: FakeSfu, redis: Redis
) -> None:
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "A")
    async with full(redis):
        await browser.send(Offer(0, OFFER))
        async with asyncio.timeout(PATIENCE):
            while school.parts.calls.health()["redis"]:
                await asyncio.sleep(0.01)
    assert (await browser.until(Answer)).id == 0
    async with asyncio.timeout(PATIENCE):
        while not school.parts.calls.health()["redis"]:
            await asyncio.sleep(0.01)


async def test_a_redis_that_forgot_everything_is_told_again(
    schools: Schools, sfu: FakeSfu, redis: Redis
) -> None:
    async with schools.start() as first:
        lesson = await first.client.lesson()
        grant = await first.client.enter(lesson.participant_link, "A")
        browser = await first.client.join(grant, media=Media(camera=True))
        await browser.send(Offer(0, OFFER))
        await browser.until(Answer)
        await redis.flushall()
        await sfu.beat(0.1)
        session = await sfu.session_of(browser.you)
        async with asyncio.timeout(PATIENCE):
            while not await redis.hexists(bus.wanted_key(lesson.lesson.id), session):
                await asyncio.sleep(0.01)
        assert await redis.smembers(bus.calls_key(sfu.worker)) == {lesson.lesson.id.encode()}
    async with schools.start() as second:
        assert browser.welcome is not None
        back = await second.client.join(grant, browser.welcome.resume, Media(camera=True))
        assert back.you == browser.you


def restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on Redis is another run than it was, whatever is in it."""

    async def another(_: Redis) -> str:
        return "another"

    monkeypatch.setattr(service_bus, "run_of", another)


async def test_a_redis_that_forgot_its_last_second_is_told_again(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a mute was answered with `done` stays closed, and who left does not come back."""
    monkeypatch.setattr(live, "RENEW_SECONDS", 0.02)
    lesson = await school.client.lesson()
    keys = (bus.wanted_key(lesson.lesson.id), live.state_key(lesson.lesson.id))
    stays, leaves = [
        await school.client.come(lesson.participant_link, name, media=Media(microphone=True))
        for name in ("A", "B")
    ]
    for browser in (stays, leaves):
        await browser.send(Offer(0, OFFER))
        await browser.until(Answer)
    earlier = [await cast("Any", redis.hgetall(key)) for key in keys]
    gone = await sfu.session_of(leaves.you)
    await leaves.leave()
    await leaves.until(Ended)
    await stays.send(SetMedia(media=OwnMedia(), command="mute"))
    await stays.until(Done)
    await until_said(redis, keys, lambda wanted, _: gone.encode() not in wanted)
    for key, fields in zip(keys, earlier, strict=True):
        await redis.hset(key, mapping=fields)
    restarted(monkeypatch)
    session = await sfu.session_of(stays.you)
    await until_said(
        redis,
        keys,
        lambda wanted, state: (
            wanted.keys() == {session.encode()}
            and bus.decode_wanted(wanted[session.encode()]).open == []
            and f"seat:{leaves.you}".encode() not in state
        ),
    )


async def test_a_redis_that_goes_on_is_told_nothing_again(
    schools: Schools, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that came back is told until all of it could be said."""
    monkeypatch.setattr(live, "RENEW_SECONDS", 3600.0)
    told: list[str] = []
    touch = LiveCall.touch_everything

    def touched(call: LiveCall, kept: Kept | None = None) -> None:
        told.append(call.id)
        touch(call, kept)

    async def away(_: Live, _call: str) -> Kept | None:
        raise RedisConnectionError("away")

    async with schools.start() as school:
        one, lost = [(await school.client.lesson()).lesson.id for _ in range(2)]
        calls = school.parts.calls
        await calls.get(one)
        (await calls.get(lost)).lost = True
        await calls._keeping.renew_leases()
        monkeypatch.setattr(LiveCall, "touch_everything", touched)
        await calls._keeping.renew_leases()
        assert told == []
        restarted(monkeypatch)
        with monkeypatch.context() as patch:
            patch.setattr(Live, "load", away)
            with pytest.raises(RedisConnectionError):
                await calls._keeping.renew_leases()
        assert told == []
        for _ in range(2):
            await calls._keeping.renew_leases()
            assert told == [one], "another process runs the other one"


async def until_said(redis: Redis, keys: Sequence[str], said: Callable[..., bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not said(*[await cast("Any", redis.hgetall(key)) for key in keys]):
            await asyncio.sleep(0.01)


async def test_a_call_moves_when_its_worker_is_gone(
    school: School, sfu: FakeSfu, redis: Redis
) -> None:
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "A")
    await browser.send(Offer(0, OFFER))
    await browser.until(Publish)
    other = FakeSfu(redis, "worker-2")
    other.generation = 2
    async with other.running():
        await redis.delete(bus.worker_key(sfu.worker))
        school.offset.seconds += MEETING_SECONDS
        failed = await browser.until(Failed)
        assert (failed.error.code, failed.id) == ("media_lost", 0)
        members = await redis.smembers(bus.calls_key("worker-2"))
        assert members == {lesson.lesson.id.encode()}
        assert await redis.smembers(bus.calls_key(sfu.worker)) == set()
        await browser.send(Offer(1, OFFER))
        assert await browser.until(Answer) == Answer(1, "v=0\r\nanswer 1 of 2")


@pytest.mark.parametrize("forgot", ["with another run", "as its clock jumped"])
async def test_no_call_moves_before_a_redis_that_forgot_has_met_all_workers(
    schools: Schools, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch, forgot: str
) -> None:
    """Whatever lasts for a while is gone, and one worker has said before the other that it lives.

    So it is too when for a while nothing could be written, and when the machine was asleep.
    """
    monkeypatch.setattr(live, "RENEW_SECONDS", 3600.0)
    monkeypatch.setattr(live, "ALIVE_MILLISECONDS", 3600_000)
    async with schools.start() as school, FakeSfu(redis, "worker-2").running():
        lesson = await school.client.lesson()
        browser = await school.client.come(lesson.participant_link, "A")
        await browser.send(Offer(0, OFFER))
        await browser.until(Publish)
        call = await school.parts.calls.get(lesson.lesson.id)
        worker = call.worker
        assert worker is not None
        keeping = school.parts.calls._keeping
        await keeping.look_after_workers()
        if forgot == "with another run":
            restarted(monkeypatch)
        else:
            await redis.delete(*await redis.keys("zv:alive:*"))
        await redis.delete(bus.worker_key(worker))
        for _ in range(2):
            await keeping.look_after_workers()
            assert call.worker == worker
        school.offset.seconds += MEETING_SECONDS
        await keeping.look_after_workers()
        assert call.worker != worker, "it is gone indeed"


async def test_a_worker_that_was_gone_does_not_find_its_calls_again(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although Redis is away just when the call leaves it: else two would carry one call."""
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "A")
    await browser.send(Offer(0, OFFER))
    await browser.until(Publish)
    calls = school.parts.calls
    write = calls._live.write

    async def once_away(call: str, commands: Sequence[Command]) -> bool:
        if any(command[0] == "SREM" for command in commands):
            monkeypatch.undo()
            raise RedisConnectionError
        return await write(call, commands)

    monkeypatch.setattr(calls._live, "write", once_away)
    async with FakeSfu(redis, "worker-2").running():
        await redis.delete(bus.worker_key(sfu.worker))
        school.offset.seconds += MEETING_SECONDS
        await browser.send(Offer(1, OFFER))
        async with asyncio.timeout(PATIENCE):
            while not await redis.scard(bus.calls_key("worker-2")):
                await asyncio.sleep(0.01)
        assert await redis.smembers(bus.calls_key(sfu.worker)) == set()


async def test_an_offer_waits_for_a_worker(schools: Schools, redis: Redis) -> None:
    async with schools.start() as school:
        lesson = await school.client.lesson()
        browser = await school.client.come(lesson.participant_link, "A")
        await browser.send(Offer(0, OFFER))
        async with FakeSfu(redis, "late").running():
            assert (await browser.until(Answer)).id == 0


async def test_calls_go_to_the_least_loaded_worker(
    school: School, sfu: FakeSfu, redis: Redis
) -> None:
    async with FakeSfu(redis, "idle").running(load=0.0) as idle:
        lesson = await school.client.lesson()
        browser = await school.client.come(lesson.participant_link, "A")
        await browser.send(Offer(0, OFFER))
        await browser.until(Answer)
        assert len(idle.wanted) == 1
        assert sfu.wanted == {}


async def test_speakers_are_passed_on(school: School, sfu: FakeSfu) -> None:
    lesson = await school.client.lesson()
    first = await school.client.come(lesson.participant_link, "A")
    second = await school.client.come(lesson.participant_link, "B")
    await sfu.speak(lesson.lesson.id, second.you, 77)
    for browser in (first, second):
        assert await browser.until(Speakers) == Speakers([second.you])


async def test_how_a_line_is_reaches_whose_it_is(school: School, sfu: FakeSfu) -> None:
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "A")
    await browser.send(Offer(0, OFFER))
    await browser.until(Answer)
    line = bus.SessionLine(session=await sfu.session_of(browser.you), estimate=300_000)
    await sfu.tell(lesson.lesson.id, bus.LinesNotice(lines=[line]))
    assert await browser.until(Line) == Line(estimate=300_000)


async def test_nonsense_on_the_bus_harms_nobody(school: School, sfu: FakeSfu, redis: Redis) -> None:
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "A")
    await redis.publish(bus.call_channel(lesson.lesson.id), b"\xff nonsense")
    await sfu.write(lesson.lesson.id, ActualSession(session="unknown", offer_id=0, answer="x"))
    await browser.send(Offer(0, OFFER))
    assert (await browser.until(Answer)).id == 0


async def test_attendance_is_kept(school: School) -> None:
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "Ёж")
    await browser.leave()
    await browser.until_closed()
    database = Database(school.settings.database_url)
    async with asyncio.timeout(PATIENCE):
        while True:
            async with database.reading() as connection:
                rows = (await connection.execute(select(attendance))).all()
            if rows and rows[0].departed is not None:
                break
            await asyncio.sleep(0.05)
    await database.dispose()
    (row,) = rows
    assert (row.lesson, row.number, row.name, row.role) == (lesson.lesson.id, 1, "Ёж", "guest")
    assert row.arrived <= row.departed


async def test_an_unknown_lesson_has_no_call(school: School) -> None:
    with pytest.raises(Refusal) as refused:
        await school.parts.calls.get("unknown")
    assert refused.value.status == 404


async def test_many_ask_for_a_new_call_at_once(school: School) -> None:
    lesson = await school.client.lesson()
    calls = await asyncio.gather(*(school.parts.calls.get(lesson.lesson.id) for _ in range(20)))
    assert len({id(call) for call in calls}) == 1


async def test_a_welcome_follows_every_join_of_a_storm(school: School) -> None:
    lesson = await school.client.lesson()
    grants = [await school.client.enter(lesson.participant_link, f"P{n}") for n in range(40)]
    browsers = await asyncio.gather(*(school.client.join(grant) for grant in grants))
    await asyncio.gather(*(browser.until_people(40) for browser in browsers))
    assert {browser.you for browser in browsers} == set(range(1, 41))
    assert all(isinstance(browser.welcome, Welcome) for browser in browsers)


# ── inside ──


async def _until_owned(redis: Redis, call: str) -> None:
    while await redis.get(live.owner_key(call)) is None:
        await asyncio.sleep(0.01)


async def _cut_subscriptions(school: School) -> None:
    async with connect(school.settings.redis_url) as client:
        await client.client_kill_filter(_type="pubsub")


# ── one lesson's trouble ──


async def renewed(redis: Redis, lesson: str) -> None:
    """Returns when the lease of the lesson has been renewed."""
    shorter = live.LEASE_MILLISECONDS - 1000
    await redis.pexpire(live.owner_key(lesson), shorter)
    async with asyncio.timeout(PATIENCE):
        while await redis.pttl(live.owner_key(lesson)) <= shorter:
            await asyncio.sleep(0.01)


async def test_leases_are_renewed_while_the_database_is_away(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although a lesson that nobody runs waits for it."""
    monkeypatch.setattr(live, "RENEW_SECONDS", 0.02)
    running, left = await school.client.lesson(), await school.client.lesson()
    await school.client.come(running.host_link, "A")
    asked = asyncio.Event()

    async def hangs(_store: Store, _lesson: str) -> Lesson | None:
        asked.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Store, "lesson", hangs)
    await redis.sadd(live.LIVE_KEY, left.lesson.id)
    await asyncio.wait_for(asked.wait(), PATIENCE)
    await renewed(redis, running.lesson.id)


async def test_one_call_at_fault_costs_no_other_its_lease(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RENEW_SECONDS", 0.02)
    faulty, other = await school.client.lesson(), await school.client.lesson()
    for lesson in (faulty, other):
        await school.client.come(lesson.host_link, "A")
    asked = asyncio.Event()

    async def fails(_self: Leases, call: LiveCall) -> bool:
        asked.set()
        raise KeyError(call.id)

    monkeypatch.setattr(Leases, "regain", fails)
    await redis.delete(live.owner_key(faulty.lesson.id))
    await asyncio.wait_for(asked.wait(), PATIENCE)
    await renewed(redis, other.lesson.id)


async def test_one_call_at_fault_keeps_no_other_from_being_adopted(
    schools: Schools, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RENEW_SECONDS", 0.02)
    async with schools.start() as first:
        lessons = [(await first.client.lesson()).lesson.id for _ in range(2)]
        for lesson in lessons:
            await first.parts.calls.get(lesson)
            await redis.sadd(live.LIVE_KEY, lesson)
    load = Live.load
    faulty: list[str] = []

    async def fails(self: Live, call: str) -> Kept | None:
        if call in (faulty or [call]):
            faulty.append(call)
            raise KeyError(call)
        return await load(self, call)

    monkeypatch.setattr(Live, "load", fails)
    async with schools.start():
        async with asyncio.timeout(PATIENCE):
            while not faulty:
                await asyncio.sleep(0.01)
        sound = next(lesson for lesson in lessons if lesson != faulty[0])
        await asyncio.wait_for(_until_owned(redis, sound), PATIENCE)


async def test_health_sees_a_redis_that_hangs(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses nothing, and nobody's command comes back."""
    monkeypatch.setattr(live, "RENEW_SECONDS", 0.02)
    asked, answers = asyncio.Event(), asyncio.Event()
    workers = Live.workers

    async def hangs(self: Live) -> list[WorkerState]:
        asked.set()
        await answers.wait()
        return await workers(self)

    monkeypatch.setattr(Live, "workers", hangs)
    await asyncio.wait_for(asked.wait(), PATIENCE)
    assert school.parts.calls.health()["redis"]
    school.offset.seconds += SILENT_SECONDS
    assert not school.parts.calls.health()["redis"]
    answers.set()
    async with asyncio.timeout(PATIENCE):
        while not school.parts.calls.health()["redis"]:
            await asyncio.sleep(0.01)


async def test_health_sees_a_redis_that_is_full(school: School, redis: Redis) -> None:
    """It answers all that is asked; and nobody is here for whom something would be written."""
    calls = school.parts.calls
    async with full(redis), asyncio.timeout(PATIENCE):
        while calls.health()["redis"]:
            school.offset.seconds += SILENT_SECONDS
            with suppress(RedisError):
                await calls._keeping.look_after_workers()
    await calls._keeping.look_after_workers()
    assert calls.health()["redis"]


async def test_a_call_that_ends_makes_room_in_a_redis_that_is_full(
    school: School, sfu: FakeSfu, redis: Redis
) -> None:
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.host_link, "A")
    await browser.send(Offer(0, OFFER))
    await browser.until(Publish)
    key = live.state_key(lesson.lesson.id)
    async with asyncio.timeout(PATIENCE):
        while not await redis.exists(key):
            await asyncio.sleep(0.01)
    async with full(redis):
        await school.client.come(lesson.participant_link, "B")
        await browser.send(End())
        await browser.until_closed()
        async with asyncio.timeout(PATIENCE):
            while await redis.exists(key):
                await asyncio.sleep(0.01)


async def test_notices_that_wait_leave_others_their_turn(
    schools: Schools, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0

    async def full(_subscription: Subscription) -> AsyncIterator[Announcement]:
        nonlocal read
        for _ in range(100):
            read += 1
            yield Announcement("zv:call:none", b"")
        await asyncio.Event().wait()

    monkeypatch.setattr(Subscription, "__aiter__", full)
    seen = set()
    async with schools.start():
        while read < 100:
            seen.add(read)
            await asyncio.sleep(0)
    assert len(seen) > 50


async def test_nothing_is_done_any_more_in_a_call_that_was_lost(
    school: School, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its new process would not know that the lesson has been ended."""
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.host_link, "A")
    call = await school.parts.calls.get(lesson.lesson.id)
    close = SocketOutlet.close

    def slowly(outlet: SocketOutlet, status: int) -> None:
        if status == 200:
            close(outlet, status)

    monkeypatch.setattr(SocketOutlet, "close", slowly)
    call.lost = True
    call.close(503)
    await browser.send(End())
    assert await browser.until_closed() == 1000
    reply = await school.client.ask("GET", f"/api/links/{lesson.host_link}")
    assert reply.status == 200
