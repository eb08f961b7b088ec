"""How many people a lesson is for: one link does not fill it, a school behind one address does."""

import asyncio

import pytest

from signaling.call.effects import Resized
from signaling.call.parts.size import TELL_SECONDS
from signaling.store import Store
from tests.patience import PATIENCE
from tests.signaling.client import Browser
from tests.signaling.conftest import School, Schools
from tests.signaling.fake_sfu import FakeSfu
from tests.signaling.stage import Stage
from zvonok.wire import rest
from zvonok.wire.client import (
    Answer,
    Done,
    Failed,
    Leave,
    Offer,
    OwnMedia,
    SetMedia,
    SetSize,
    Size,
)
from zvonok.wire.errors import Refusal


@pytest.fixture
def stage() -> Stage:
    stage = Stage(size=3)
    stage.join("Teacher", "host")
    for name in ("A", "B", "C"):
        stage.join(name)
    return stage


def refused(stage: Stage, grant: str | None = None) -> dict[str, object]:
    with pytest.raises(Refusal) as refusal:
        stage.join("Stranger", grant=grant)
    assert refusal.value.body.code == "call_full"
    return refusal.value.body.details


def told(stage: Stage, socket: int = 1) -> list[Size]:
    stage.wait(2 * TELL_SECONDS)
    return stage.viewers[socket].got(Size)


def test_who_comes_above_the_size_is_refused_and_moderators_are_not(stage: Stage) -> None:
    assert refused(stage) == {"limit": 3, "most": 2000}
    stage.join("Second teacher", "host")
    stage.join("Third teacher", "co_admin")
    refused(stage)
    stage.say(2, Leave())
    stage.join("D")
    refused(stage)


def test_a_held_seat_comes_back_into_a_full_lesson(stage: Stage) -> None:
    stage.drop(2)
    refused(stage)
    back = stage.join("A", resume=stage.viewers[2].resume)
    assert stage.viewers[back].you == stage.viewers[2].you


def test_who_gets_in_after_all_is_not_turned_away(stage: Stage) -> None:
    told(stage)
    refused(stage, grant="late")
    refused(stage, grant="out")
    stage.say(2, Leave())
    stage.join("Stranger", grant="late")
    assert told(stage) == [Size(size=3, turned_away=1)]


def test_moderators_hear_how_many_were_turned_away(stage: Stage) -> None:
    assert told(stage) == [Size(size=3, turned_away=0)]
    for grant in ("x", "y", "x", "x"):
        refused(stage, grant)
    assert told(stage) == [Size(size=3, turned_away=2)]
    assert told(stage, 2) == []


def test_a_moderator_makes_room(stage: Stage) -> None:
    refused(stage, "x")
    stage.wait(2)
    stage.viewers[1].got(Size)
    effects = stage.say(1, SetSize(4, command="c"))
    assert Resized(4) in effects
    assert stage.viewers[1].got(Size) == [Size(size=4, turned_away=0)]
    assert stage.viewers[1].got(Done) == [Done("c")]
    stage.join("Stranger", grant="x")
    refused(stage)


def test_less_room_sends_nobody_out(stage: Stage) -> None:
    stage.say(1, SetSize(1))
    assert len(stage.call.seats) == 4
    stage.say(2, Leave())
    assert refused(stage) == {"limit": 1, "most": 2000}


def test_the_same_size_again_is_nothing_new(stage: Stage) -> None:
    stage.viewers[1].got(Size)
    assert stage.say(1, SetSize(3)) == []


# ── the whole way ──


async def test_a_lesson_made_without_a_word_is_for_sixty(school: School) -> None:
    lesson = await school.client.lesson()
    assert lesson.lesson.size == 60
    host = await school.client.come(lesson.host_link, "Teacher")
    assert await host.until(Size) == Size(size=60, turned_away=0)


@pytest.mark.parametrize(
    ("size", "status"), [(0, 422), (1, 201), (2000, 201), (2001, 422), ("5", 422)]
)
async def test_sizes_that_a_lesson_may_have(school: School, size: object, status: int) -> None:
    body = {"title": "A", "size": size}
    key = school.settings.school_key
    reply = await school.client.ask("POST", "/api/lessons", body, bearer=key)
    assert reply.status == status


async def test_the_size_is_the_lessons_whoever_runs_its_call(
    schools: Schools, sfu: FakeSfu
) -> None:
    async with schools.start() as school:
        lesson = await school.client.lesson(size=1)
        host = await school.client.come(lesson.host_link, "Teacher")
        pupil = await school.client.come(lesson.participant_link, "A")
        second = await school.client.enter(lesson.participant_link, "B")
        failed = await school.client.knock(second)
        assert failed.error.details == {"limit": 1, "most": 2000}
        assert (await host.until(Size)).turned_away == 0
        assert (await host.until(Size)).turned_away == 1
        await pupil.send(SetSize(2))
        assert (await pupil.until(Failed)).error.code == "forbidden"
        assert (await school.client.knock(second)).error.code == "call_full"
        await host.send(SetSize(2, command="c"))
        assert await host.until(Done) == Done("c")
        path, key = f"/api/lessons/{lesson.lesson.id}", school.settings.school_key
        shown = await school.client.ask("GET", path, bearer=key)
        assert shown.json["size"] == 2, "acknowledged is stored"
        await school.client.join(second)
    async with schools.start() as school:
        third = await school.client.enter(lesson.participant_link, "C")
        failed = await school.client.knock(third)
        assert failed.error.details["limit"] == 2


async def test_a_size_is_told_when_the_newest_is_stored(
    school: School, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was changed again while the first was written."""
    asked = {size: asyncio.Event() for size in (2, 3)}
    stored = {size: asyncio.Event() for size in (2, 3)}
    resize = Store.resize_lesson

    async def slow(store: Store, lesson: str, size: int) -> None:
        asked[size].set()
        await stored[size].wait()
        await resize(store, lesson, size)

    monkeypatch.setattr(Store, "resize_lesson", slow)
    lesson = await school.client.lesson(size=1)
    host = await school.client.come(lesson.host_link, "Teacher")
    await host.send(Offer(0, "v=0\r\nan offer"))
    await host.until(Answer)
    await host.send(SetSize(2, command="first"))
    await asyncio.wait_for(asked[2].wait(), PATIENCE)
    await host.send(SetSize(3, command="second"))
    await host.until_answered()
    stored[2].set()
    await asyncio.wait_for(asked[3].wait(), PATIENCE)
    # What is written of the call meanwhile says nothing of the size.
    await host.send(SetMedia(OwnMedia(microphone=True)))
    await sfu.until(await sfu.session_of(host.you), open=["microphone"])
    await host.until_answered()
    assert not any(isinstance(message, Done) for message in host.heard)
    stored[3].set()
    assert [await host.until(Done) for _ in range(2)] == [Done("first"), Done("second")]


async def test_a_school_behind_one_address_enters_at_once(school: School) -> None:
    """Two hundred within a moment, all from one address: only the size counts."""
    people = 200
    lesson = await school.client.lesson(size=people)
    here = {"X-Forwarded-For": "192.0.2.7"}
    path = f"/api/links/{lesson.participant_link}/enter"
    replies = await asyncio.gather(
        *(
            school.client.ask("POST", path, rest.Enter(f"P{number}"), headers=here)
            for number in range(people)
        )
    )
    assert {reply.status for reply in replies} == {200}
    grants = [reply.json["grant"] for reply in replies]
    browsers: list[Browser] = []
    for start in range(0, people, 50):
        wave = grants[start : start + 50]
        browsers += await asyncio.gather(*(school.client.join(g, headers=here) for g in wave))
    assert len({browser.you for browser in browsers}) == people
