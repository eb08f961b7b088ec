"""What was true before a wait is not taken for true after it."""

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest
from redis.asyncio import Redis
from sqlalchemy.exc import OperationalError

from signaling import live
from signaling.doorstep import Doorstep
from signaling.frames import MESSAGES
from signaling.leases import WAIT_SECONDS
from signaling.live import Live
from signaling.store import Link, Store
from tests.patience import PATIENCE
from tests.signaling.client import Browser
from tests.signaling.conftest import School
from tests.signaling.fake_sfu import FakeSfu
from zvonok.wire import bus
from zvonok.wire.client import (
    Answer,
    Ended,
    Failed,
    Join,
    Offer,
    OwnMedia,
    SetMedia,
    Welcome,
)
from zvonok.wire.errors import Refusal

OFFER = "v=0\r\nan offer"


async def until(condition: object) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


# ── at the door ──


async def test_a_seat_that_is_given_up_while_its_owner_comes_back_opens_no_revoked_link(
    school: School, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.host_link, "Gone")
    away = await school.client.join(grant)
    stays = await school.client.come(lesson.host_link, "Stays")
    path = f"/api/lessons/{lesson.lesson.id}/links/{lesson.host_link}"
    await school.client.ask("DELETE", path, bearer=school.settings.school_key)
    away.cut()
    await stays.until_person(away.you, present=False)
    links = Store.links

    async def slow(store: Store, lesson_id: str) -> list[Link]:
        school.offset.seconds += 100
        await school.nudge(lesson_id)
        return await links(store, lesson_id)

    monkeypatch.setattr(Store, "links", slow)
    assert away.welcome is not None
    refused = await school.client.knock(grant, away.welcome.resume)
    assert refused.error.code == "link_revoked"


async def test_who_waits_too_long_already_need_not_make_room(
    school: School, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """His time is up in the very turn of the loop in which another needs his place."""
    monkeypatch.setattr("signaling.doorstep.PER_ADDRESS", 1)
    monkeypatch.setattr(school.parts.sockets, "_doorstep", Doorstep(20_000))
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "A")
    silent = await school.client.connect()
    patience = school.parts.sockets._patience
    await until(lambda: patience)
    (number,) = patience
    doorstep = school.parts.sockets._doorstep
    enter = doorstep.enter

    def late(socket: int, address: str) -> int | None:
        patience[number]._on_timeout()  # type: ignore[attr-defined]
        return enter(socket, address)

    monkeypatch.setattr(doorstep, "enter", late)
    joining = await school.client.connect()
    await joining.send(Join(grant))
    await joining.until(Welcome)
    assert (await silent.until(Failed)).error.code in ("join_expected", "unavailable")


async def test_a_command_above_the_rate_is_refused_by_its_name(school: School) -> None:
    """So the page says it again, instead of waiting for an answer that never comes."""
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "A")
    with school.offset.standing_still():
        for _ in range(int(MESSAGES.burst)):
            await browser.socket.send_str('{"type":"ping"}')
        await browser.send(SetMedia(OwnMedia(microphone=True), command="mute-7"))
        failed = await browser.until(Failed)
    assert (failed.error.code, failed.command) == ("rate_limited", "mute-7")
    assert failed.error.details["retry_after"] > 0


# ── at the lease ──


async def test_who_waited_for_his_turn_does_not_wait_for_the_lease_as_long_again(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = (await school.client.lesson()).lesson.id
    await redis.set(live.owner_key(lesson), "another")
    tried = asyncio.Event()
    acquire = Live.acquire

    async def counted(self: Live, call: str) -> bool:
        tried.set()
        return await acquire(self, call)

    monkeypatch.setattr(Live, "acquire", counted)
    calls = school.parts.calls
    with school.offset.standing_still():
        asking = [asyncio.ensure_future(calls.get(lesson)) for _ in range(3)]
        await asyncio.wait_for(tried.wait(), PATIENCE)
        school.offset.seconds += WAIT_SECONDS
        results = await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), PATIENCE)
    assert {cast("Refusal", refused).body.code for refused in results} == {"call_elsewhere"}


async def test_a_call_that_runs_elsewhere_keeps_no_other_from_being_adopted(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, left = [(await school.client.lesson()).lesson.id for _ in range(2)]
    await redis.set(live.owner_key(elsewhere), "another")
    calls = school.parts.calls

    async def running(_: Live) -> list[str]:
        return [elsewhere, left] if elsewhere in calls._locks else []

    monkeypatch.setattr(Live, "running", running)
    with school.offset.standing_still():
        asking = asyncio.ensure_future(calls.get(elsewhere))
        await until(lambda: calls.running_call(left))
        asking.cancel()


async def test_a_call_whose_lease_ran_out_as_it_began_is_begun_again(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or what was left of the one before would be a part of it."""
    lesson = await school.client.lesson()
    await redis.hset(live.state_key(lesson.lesson.id), "seat:7", b"of long ago")
    write = Live.write

    async def late(self: Live, call: str, commands: Sequence[live.Command]) -> bool:
        monkeypatch.undo()
        await redis.delete(live.owner_key(call))
        return await write(self, call, commands)

    monkeypatch.setattr(Live, "write", late)
    grant = await school.client.enter(lesson.host_link, "A")
    refused = await school.client.knock(grant)
    assert (refused.error.code, refused.error.details) == ("unavailable", {"retry_after": 1})
    await school.client.join(grant)
    assert not await redis.hexists(live.state_key(lesson.lesson.id), "seat:7")


async def test_a_lesson_that_another_process_has_ended_and_forgotten_is_over(
    school: School, sfu: FakeSfu, redis: Redis
) -> None:
    """We stood still meanwhile, with people on our sockets."""
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.host_link, "A")
    await school.parts.calls._store.end_lesson(lesson.lesson.id, 0.0)
    call = await school.parts.calls.get(lesson.lesson.id)
    await redis.delete(live.owner_key(call.id), live.state_key(call.id))
    await redis.srem(live.LIVE_KEY, call.id)
    assert await browser.until(Ended) == Ended("ended")


async def test_leases_are_regained_while_sql_is_away_and_the_end_is_found_afterwards(
    school: School, sfu: FakeSfu, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, other = [await school.client.lesson() for _ in range(2)]
    browsers = [await school.client.come(lesson.host_link, "A") for lesson in (ended, other)]
    calls = school.parts.calls
    await calls._store.end_lesson(ended.lesson.id, 0.0)

    async def away(*_: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    with monkeypatch.context() as patch:
        patch.setattr(Store, "lesson", away)
        for lesson in (ended, other):
            await redis.delete(live.owner_key(lesson.lesson.id))
        await calls._keeping.renew_leases()
        for lesson in (ended, other):
            assert await redis.exists(live.owner_key(lesson.lesson.id))
        await until(lambda: not calls.health()["database"])
    assert await browsers[0].until(Ended) == Ended("ended")
    assert calls.running_call(other.lesson.id) is not None
    await until(lambda: calls.health()["database"])


async def test_a_call_that_is_over_when_its_lease_is_gone_is_forgotten_all_the_same(
    school: School, sfu: FakeSfu, redis: Redis
) -> None:
    """The process stood still for longer than its lease, and nobody else came."""
    lesson = await school.client.lesson()
    browser = await offering(school, lesson.host_link)
    session = await sfu.session_of(browser.you)
    await redis.delete(live.owner_key(lesson.lesson.id))
    call = await school.parts.calls.get(lesson.lesson.id)
    call.run(call.engine.end(school.offset.clock().steady()))
    await sfu.until_closed(session)
    keys = f"zv:*:{lesson.lesson.id}"
    kept = {bus.actual_key(lesson.lesson.id).encode(), bus.answers_key(lesson.lesson.id).encode()}
    async with asyncio.timeout(PATIENCE):
        while set(await redis.keys(keys)) - kept:
            await asyncio.sleep(0.01)
    assert not await redis.sismember(live.LIVE_KEY, lesson.lesson.id)


async def offering(school: School, link: str) -> Browser:
    browser = await school.client.come(link, "A")
    await browser.send(Offer(0, OFFER))
    await browser.until(Answer)
    return browser
