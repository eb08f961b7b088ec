"""Restarts, lost announcements, lost workers: nothing that was agreed is lost."""

import asyncio

import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from signaling import live
from signaling.tables import attendance
from tests.signaling.conftest import School, Schools
from tests.signaling.fake_sfu import FakeSfu
from zvonok.service.storage import Database
from zvonok.wire import bus
from zvonok.wire.bus import ActualSession
from zvonok.wire.client import Answer, Failed, Media, Offer, Publish, Speakers, Welcome
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
    schools: Schools, sfu: FakeSfu, redis: Redis
) -> None:
    async with schools.start() as first:
        lesson = await first.client.lesson()
        grant = await first.client.enter(lesson.host_link, "A")
        browser = await first.client.join(grant)
        await browser.until_people(1)
        call = lesson.lesson.id
        await redis.set(live.owner_key(call), "somebody who died", px=600)
        async with schools.start() as second:
            assert browser.welcome is not None
            back = await second.client.join(grant, browser.welcome.resume)
            assert back.welcome is not None
            assert back.welcome.resumed
            # The first finds out that the call is not its own and lets go of it.
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
        await asyncio.wait_for(_until_owned(redis, lesson.lesson.id), 5)
        schools.offset.seconds += 100
        await second.nudge(lesson.lesson.id)
        await sfu.until_closed(session)
        schools.offset.seconds += 301
        await second.nudge(lesson.lesson.id)
        async with asyncio.timeout(5):
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
    await redis.config_set("maxmemory", "1")
    try:
        await browser.send(Offer(0, OFFER))
        async with asyncio.timeout(5):
            while school.parts.calls.health()["redis"]:
                await asyncio.sleep(0.01)
    finally:
        await redis.config_set("maxmemory", "0")
    assert (await browser.until(Answer)).id == 0
    async with asyncio.timeout(5):
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
        async with asyncio.timeout(5):
            while not await redis.hexists(bus.wanted_key(lesson.lesson.id), session):
                await asyncio.sleep(0.01)
        assert await redis.smembers(bus.calls_key(sfu.worker)) == {lesson.lesson.id.encode()}
    async with schools.start() as second:
        assert browser.welcome is not None
        back = await second.client.join(grant, browser.welcome.resume, Media(camera=True))
        assert back.you == browser.you


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
        failed = await browser.until(Failed)
        assert (failed.error.code, failed.id) == ("media_lost", 0)
        members = await redis.smembers(bus.calls_key("worker-2"))
        assert members == {lesson.lesson.id.encode()}
        assert await redis.smembers(bus.calls_key(sfu.worker)) == set()
        await browser.send(Offer(1, OFFER))
        assert await browser.until(Answer) == Answer(1, "v=0\r\nanswer 1 of 2")


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
    async with asyncio.timeout(5):
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
    await asyncio.sleep(0.05)


async def _cut_subscriptions(school: School) -> None:
    async with Redis.from_url(school.settings.redis_url) as client:
        await client.client_kill_filter(_type="pubsub")
