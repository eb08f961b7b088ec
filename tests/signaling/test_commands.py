"""Commands with an id: answered once stored, done once however often they are said."""

import asyncio

import pytest
from redis.asyncio import Redis

from signaling.call.effects import Acknowledge, Keep
from tests.patience import PATIENCE
from tests.servers import full
from tests.signaling.conftest import School, Schools
from tests.signaling.fake_sfu import FakeSfu
from tests.signaling.stage import Stage
from zvonok.wire.client import (
    COMMANDS_REMEMBERED,
    Done,
    End,
    Failed,
    Leave,
    Media,
    OwnMedia,
    SetMedia,
    SetQuality,
)


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_command_is_answered_after_all_that_it_changed(stage: Stage) -> None:
    socket = stage.join()
    effects = stage.say(socket, SetMedia(OwnMedia(camera=True), command="a"))
    assert effects.index(Acknowledge(socket, Done("a"))) > max(
        at for at, effect in enumerate(effects) if isinstance(effect, Keep)
    )


def test_without_an_id_there_is_no_answer(stage: Stage) -> None:
    socket = stage.join()
    stage.say(socket, SetMedia(OwnMedia(camera=True)))
    assert stage.viewers[socket].got(Done) == []


def test_what_is_said_again_is_done_once(stage: Stage) -> None:
    socket = stage.join()
    on, off = SetMedia(OwnMedia(camera=True), command="on"), SetMedia(OwnMedia(), command="off")
    for message in (on, off, on):
        stage.say(socket, message)
    assert stage.viewers[socket].got(Done) == [Done("on"), Done("off"), Done("on")]
    assert stage.call.face(stage.seat(socket)).media == Media()


def test_a_seat_that_comes_back_knows_its_commands(stage: Stage) -> None:
    first, other = stage.join(), stage.join()
    stage.say(first, SetQuality("poor", command="a"))
    stage.drop(first)
    back = stage.join(resume=stage.viewers[first].resume)
    stage.say(back, SetQuality("good"))
    stage.say(back, SetQuality("poor", command="a"))
    stage.say(other, SetQuality("poor", command="a"))
    assert stage.viewers[back].got(Done) == [Done("a")]
    assert stage.call.face(stage.seat(back)).quality == "good"
    assert stage.call.face(stage.seat(other)).quality == "poor"


def test_a_refused_command_says_which(stage: Stage) -> None:
    socket = stage.join("Guest")
    stage.say(socket, End(command="a"))
    (failed,) = stage.viewers[socket].got(Failed)
    assert (failed.command, failed.error.code) == ("a", "forbidden")
    assert stage.viewers[socket].got(Done) == []


def test_so_many_commands_are_remembered(stage: Stage) -> None:
    socket = stage.join()
    for index in range(COMMANDS_REMEMBERED + 1):
        stage.say(socket, SetQuality("poor" if index % 2 else "medium", command=str(index)))
    stage.say(socket, SetQuality("good", command="1"))
    assert stage.call.face(stage.seat(socket)).quality == "medium"
    stage.say(socket, SetQuality("good", command="0"))
    assert stage.call.face(stage.seat(socket)).quality == "good"


def test_a_new_seat_knows_nothing_of_an_old_one(stage: Stage) -> None:
    first = stage.join()
    stage.say(first, SetQuality("poor", command="a"))
    stage.say(first, Leave())
    second = stage.join()
    stage.say(second, SetQuality("poor", command="a"))
    assert stage.call.face(stage.seat(second)).quality == "poor"


async def test_done_is_said_only_when_it_is_stored(
    school: School, sfu: FakeSfu, redis: Redis
) -> None:
    lesson = await school.client.lesson()
    browser = await school.client.come(lesson.participant_link, "A")
    await browser.until_people(1)
    async with full(redis):
        await browser.send(SetMedia(OwnMedia(camera=True), command="a"))
        await browser.until_person(browser.you, media=Media(camera=True))
        async with asyncio.timeout(PATIENCE):
            while school.parts.calls.health()["redis"]:
                await asyncio.sleep(0.01)
        assert not any(isinstance(message, Done) for message in browser.heard)
    assert await browser.until(Done) == Done("a")


async def test_another_process_knows_which_commands_were_done(
    schools: Schools, sfu: FakeSfu
) -> None:
    async with schools.start() as first:
        lesson = await first.client.lesson()
        grant = await first.client.enter(lesson.participant_link, "A")
        browser = await first.client.join(grant)
        await browser.send(SetQuality("poor", command="a"))
        await browser.until(Done)
        await browser.send(SetQuality("medium", command="b"))
        await browser.until(Done)
    assert browser.welcome is not None
    async with schools.start() as second:
        back = await second.client.join(grant, browser.welcome.resume)
        await back.send(SetQuality("poor", command="a"))
        assert await back.until(Done) == Done("a")
        assert back.people[back.you].quality == "medium"
