"""What was told is stored, what was stored is not lost, and nobody waits for another lesson."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from sqlalchemy import Connection, Row, event, select
from sqlalchemy.exc import OperationalError

from signaling import attendance, live, live_call
from signaling.app import running
from signaling.keeping import MEETING_SECONDS, again
from signaling.live import Live
from signaling.store import Lesson, Store
from signaling.tables import attendance as attendance_table
from tests.patience import PATIENCE
from tests.signaling.client import Browser
from tests.signaling.conftest import School, Schools
from tests.signaling.fake_sfu import FakeSfu
from zvonok.service.settings import Settings
from zvonok.service.storage import Database
from zvonok.wire import bus, rest
from zvonok.wire.client import Answer, End, Ended, Failed, Leave, Media, Offer, OwnMedia, SetMedia
from zvonok.wire.errors import Refusal

OFFER = "v=0\r\nan offer"
OFFERED = b"v=0\r\nm=audio 9 X 111\r\na=sendonly\r\n"
AWAY = OperationalError("", {}, Exception("database is locked"))


async def offering(school: School, link: str, media: Media | None = None) -> Browser:
    browser = await school.client.come(link, "A", media=media)
    await browser.send(Offer(0, OFFER))
    await browser.until(Answer)
    return browser


async def visits(settings: Settings) -> Sequence[Row[Any]]:
    database = Database(settings.database_url)
    async with database.reading() as connection:
        rows = (await connection.execute(select(attendance_table))).all()
    await database.dispose()
    return rows


# ── the end of a lesson ──


async def test_a_slow_end_is_told_when_it_is_stored_and_holds_up_nobody(
    school: School, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, stored = asyncio.Event(), asyncio.Event()
    end_lesson = Store.end_lesson

    async def slow(store: Store, lesson: str, now: float) -> bool:
        asked.set()
        await stored.wait()
        return await end_lesson(store, lesson, now)

    monkeypatch.setattr(Store, "end_lesson", slow)
    ending, other = await school.client.lesson("Ending"), await school.client.lesson("Other")
    host = await offering(school, ending.host_link)
    pupil = await offering(school, other.participant_link)
    session = await _session_in(school, other.lesson.id, pupil)
    await host.send(End(command="end"))
    await asyncio.wait_for(asked.wait(), PATIENCE)
    await pupil.send(SetMedia(OwnMedia(microphone=True)))
    await sfu.until(session, open=["microphone"])
    await host.until_answered()
    assert not any(isinstance(message, Ended) for message in host.heard)
    stored.set()
    assert await host.until(Ended) == Ended("ended")
    refused = await school.client.ask("GET", f"/api/links/{ending.host_link}")
    assert refused.code == "call_ended"


async def test_an_end_that_cannot_be_stored_is_refused(
    school: School, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = await school.client.lesson()
    host = await school.client.come(lesson.host_link, "A")

    async def away(*_: object) -> bool:
        raise AWAY

    with monkeypatch.context() as patch:
        patch.setattr(Store, "end_lesson", away)
        await host.send(End(command="end"))
        failed = await host.until(Failed)
    assert (failed.command, failed.error.code) == ("end", "unavailable")
    assert failed.error.details["retry_after"] > 0
    await host.send(End(command="end"))
    assert await host.until(Ended) == Ended("ended")


async def test_a_lesson_ended_by_a_process_that_died_is_over(
    schools: Schools, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stored, but not told any more."""
    async with schools.start() as first:
        lesson = await first.client.lesson()
        host = await offering(first, lesson.host_link)
        session = await sfu.session_of(host.you)
        stored = asyncio.Event()
        end_lesson = Store.end_lesson

        async def last(store: Store, lesson: str, now: float) -> bool:
            await end_lesson(store, lesson, now)
            stored.set()
            await asyncio.Event().wait()
            return True

        monkeypatch.setattr(Store, "end_lesson", last)
        await host.send(End())
        await asyncio.wait_for(stored.wait(), PATIENCE)
    monkeypatch.undo()
    async with schools.start():
        await sfu.until_closed(session)


# ── attendance ──


async def test_attendance_waits_for_the_database(
    schools: Schools, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Away while people come and go, and still away when the process stops."""

    async def away(*_: object) -> None:
        raise AWAY

    with monkeypatch.context() as patch:
        patch.setattr(Store, "arrived", away)
        patch.setattr(attendance, "FLUSH_SECONDS", 0.01)
        async with schools.start() as first:
            lesson = await first.client.lesson()
            browser = await first.client.come(lesson.participant_link, "Ёж")
            await browser.send(Leave())
            await browser.until_closed()
            async with asyncio.timeout(PATIENCE):
                while first.parts.calls.health()["database"]:
                    await asyncio.sleep(0.01)
    async with schools.start():
        pass
    (row,) = await visits(schools.settings)
    assert row.name == "Ёж"
    assert row.arrived <= row.departed


async def test_a_stop_during_a_flush_loses_nothing(
    schools: Schools, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = asyncio.Event()

    async def hang(*_: object) -> None:
        hanging.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(Store, "departed", hang)
        patch.setattr(attendance, "FLUSH_SECONDS", 0.01)
        async with schools.start() as first:
            lesson = await first.client.lesson()
            browser = await first.client.come(lesson.participant_link, "A")
            await browser.send(Leave())
            await asyncio.wait_for(hanging.wait(), PATIENCE)
            patch.undo()
    async with schools.start():
        pass
    (row,) = await visits(schools.settings)
    assert row.departed is not None


async def test_what_comes_during_a_flush_is_kept(
    school: School, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    departed = Store.departed

    async def slow(store: Store, times: dict[str, float]) -> None:
        await departed(store, times)
        await redis.hset(attendance.KEY, "somebody:left", attendance.departed("", 7.0)[3])

    monkeypatch.setattr(Store, "departed", slow)
    await redis.hset(attendance.KEY, "somebody:left", attendance.departed("", 5.0)[3])
    await school.parts.calls._attendance.flush()
    assert await redis.hkeys(attendance.KEY) == [b"somebody:left"]
    monkeypatch.undo()
    await school.parts.calls._attendance.flush()
    assert await redis.hkeys(attendance.KEY) == []


async def test_who_is_told_of_again_came_and_left_when_he_did(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis is told all anew an hour later, and SQL has been away all the time."""

    async def away(*_: object) -> None:
        raise AWAY

    calls = school.parts.calls
    with monkeypatch.context() as patch:
        patch.setattr(Store, "arrived", away)
        lesson = await school.client.lesson()
        stays = await offering(school, lesson.host_link)
        leaves = await offering(school, lesson.participant_link)
        call = await calls.get(lesson.lesson.id)
        running = calls._registry.find(call.id)
        assert running is not None
        earlier = await calls._live.load(call.id)
        await leaves.send(Leave())
        await leaves.until_closed()
        await running.writer.write_all()
        soon = school.offset.clock().wall() + 1800
        school.offset.wall += 3600
        call.touch_everything(earlier)
        await running.writer.write_all()
        assert await redis.hlen(attendance.KEY) == 3
    await calls._attendance.flush()
    rows = {row.number: row for row in await visits(school.settings)}
    assert rows[stays.you].arrived < soon
    assert rows[stays.you].departed is None
    assert rows[leaves.you].departed < soon


async def test_nonsense_among_visits_is_dropped(school: School, redis: Redis) -> None:
    await redis.hset(attendance.KEY, "nonsense", b"\xc1")
    await school.parts.calls._attendance.flush()
    assert await redis.hkeys(attendance.KEY) == []


async def test_who_comes_and_goes_while_redis_is_away_does_so_not_without_end(
    school: School, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """None of it may be lost, so it would wait here in any number."""

    async def away(*_: object) -> bool:
        raise RedisConnectionError("away")

    monkeypatch.setattr(live_call, "VISITS_WAITING", 4)
    lesson = await school.client.lesson()
    token = await school.client.media_token(lesson.lesson.id, "publish")
    stays_grant = await school.client.enter(lesson.host_link, "Stays")
    grant = await school.client.enter(lesson.participant_link, "Leaves")
    stays = await school.client.join(stays_grant)
    running = school.parts.calls._registry.find(lesson.lesson.id)
    assert running is not None
    await running.writer.write_all()
    with monkeypatch.context() as patch:
        patch.setattr(Live, "write", away)
        for _ in range(2):
            leaves = await school.client.join(grant)
            await leaves.leave()
            await leaves.until(Ended)
        refused = await school.client.knock(grant)
        assert (refused.error.code, refused.error.details) == ("unavailable", {"retry_after": 5})
        posted = await school.client.ask(
            "POST",
            "/api/whip",
            data=OFFERED,
            headers={"Content-Type": "application/sdp"},
            bearer=token,
        )
        assert (posted.status, posted.code) == (503, "unavailable")
        assert stays.welcome is not None
        back = await school.client.join(stays_grant, stays.welcome.resume)
        assert back.you == stays.you, "a seat that is held is taken all the same"
    await running.writer.write_all()
    await offering(school, lesson.participant_link)


# ── tasks ──


@pytest.mark.parametrize(
    "work", ["listen", "attendance", "renew_leases", "look_after_workers", "_adopt"]
)
@pytest.mark.parametrize("fails", [True, False])
async def test_a_task_that_ends_ends_the_process(
    schools: Schools, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch, work: str, fails: bool
) -> None:
    """Whether by an error or without one: a supervisor starts it again."""

    async def end(*_: object) -> None:
        await asyncio.sleep(0)
        if fails:
            raise KeyError("a fault")

    async def end_one(repeated: Callable[[], Awaitable[None]]) -> None:
        await (end() if repeated.__name__ == work else again(repeated))

    tasks = {"listen": "calls.Calls._listen", "attendance": "attendance.Attendance.run"}
    if work in tasks:
        monkeypatch.setattr(f"signaling.{tasks[work]}", end)
    else:
        monkeypatch.setattr("signaling.calls.again", end_one)
    health: list[bool] = []

    async def serve() -> None:
        async with running(schools.settings, schools.offset.clock(), "one") as parts:
            try:
                await asyncio.wait_for(asyncio.Event().wait(), PATIENCE)
            finally:
                health.append(parts.calls.health()["tasks"])

    with pytest.raises(ExceptionGroup) as caught:
        await serve()
    expected = KeyError if fails else RuntimeError
    assert {type(error) for error in caught.value.exceptions} == {expected}
    assert health == [False]


async def test_health_sees_a_database_that_takes_nothing(school: School) -> None:
    """Nobody is in a lesson, so nothing waits for it: whoever wants to enter is refused."""
    calls = school.parts.calls
    lesson = await school.client.lesson()

    def full(_connection: Connection) -> None:
        raise OperationalError("", {}, Exception("database or disk is full"))

    engine = calls._store._database.writer.sync_engine
    event.listen(engine, "commit", full)
    path, body = f"/api/links/{lesson.host_link}/enter", rest.Enter("A")
    assert (await school.client.ask("POST", path, body)).code == "unavailable"
    assert calls.health() == {"redis": True, "database": False, "tasks": True}
    # Reading goes well, and is no reason to say that all is well again.
    assert (await school.client.ask("GET", f"/api/links/{lesson.host_link}")).status == 200
    await calls._attendance.try_flush()
    assert not calls.health()["database"]
    event.remove(engine, "commit", full)
    await calls._attendance.try_flush()
    assert calls.health()["database"]


async def test_attendance_survives_what_nobody_expected(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise KeyError("a fault")

    calls = school.parts.calls
    with monkeypatch.context() as patch:
        patch.setattr("signaling.attendance.Attendance.flush", broken)
        await calls._attendance.try_flush()
    assert calls.health() == {"redis": True, "database": False, "tasks": True}
    await calls._attendance.try_flush()
    assert calls.health()["database"]


async def test_a_stop_sends_newcomers_to_the_next_process(school: School, sfu: FakeSfu) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.host_link, "A")
    await school.parts.stop()
    refused = await school.client.knock(grant)
    assert refused.error.code == "unavailable"
    assert refused.error.details["retry_after"] > 0


async def test_who_waits_for_the_database_at_a_stop_begins_no_call(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would hand it back, and the next process would wait for its lease."""
    lesson = await school.client.lesson()
    asked, answers = asyncio.Event(), asyncio.Event()
    find = Store.lesson

    async def slow(store: Store, lesson: str) -> Lesson | None:
        asked.set()
        await answers.wait()
        return await find(store, lesson)

    monkeypatch.setattr(Store, "lesson", slow)
    waiting = asyncio.ensure_future(school.parts.calls.get(lesson.lesson.id))
    await asyncio.wait_for(asked.wait(), PATIENCE)
    await school.parts.stop()
    answers.set()
    with pytest.raises(Refusal, match="stopping"):
        await waiting
    assert await redis.get(live.owner_key(lesson.lesson.id)) is None


async def test_an_end_that_did_not_reach_the_call_is_said_again(
    schools: Schools, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.leases.WAIT_SECONDS", 0.1)
    async with schools.start() as runs, schools.start() as other:
        lesson = await runs.client.lesson()
        host = await offering(runs, lesson.host_link)
        end = ("POST", f"/api/lessons/{lesson.lesson.id}/end")
        refused = await other.client.ask(*end, bearer=runs.settings.school_key)
        assert (refused.status, refused.code) == (503, "call_elsewhere")
        await runs.client.ask(*end, bearer=runs.settings.school_key)
        assert await host.until(Ended) == Ended("ended")


# ── many lessons ──


async def test_lessons_that_begin_together_are_spread(
    school: School, sfu: FakeSfu, redis: Redis
) -> None:
    async with FakeSfu(redis, "worker-2").running():
        lessons = await asyncio.gather(*(school.client.lesson() for _ in range(8)))
        await asyncio.gather(*(offering(school, lesson.host_link) for lesson in lessons))
        counts = [await redis.scard(bus.calls_key(w)) for w in ("worker-1", "worker-2")]
        assert counts == [4, 4]


async def test_calls_may_come_and_go_while_workers_are_looked_after(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = school.parts.calls
    lessons = [await school.client.lesson() for _ in range(3)]
    for lesson in lessons[:2]:
        await offering(school, lesson.host_link)
    write = calls._live.write

    async def meanwhile(call: str, commands: object) -> bool:
        monkeypatch.undo()
        await calls.get(lessons[2].lesson.id)
        return await write(call, commands)  # type: ignore[arg-type]

    await redis.delete(bus.worker_key(sfu.worker))
    school.offset.seconds += MEETING_SECONDS
    async with FakeSfu(redis, "worker-2").running():
        monkeypatch.setattr(calls._live, "write", meanwhile)
        await calls._keeping.look_after_workers()
        async with asyncio.timeout(PATIENCE):
            while await redis.scard(bus.calls_key("worker-2")) < 2:
                await asyncio.sleep(0.01)


# ── inside ──


async def _session_in(school: School, lesson: str, browser: Browser) -> str:
    call = await school.parts.calls.get(lesson)
    return call.engine.seats[browser.you].session
