"""Whoever closes the page is soon not seen any more, and gets his seat back all the same."""

import msgspec
import pytest

from signaling.call.call import Call
from signaling.call.effects import Close
from signaling.call.parts.closed import CLOSED_SECONDS
from signaling.call.seat import HOLD_SECONDS
from signaling.grants import GRANT_SECONDS, RENEW_SECONDS
from tests.signaling.conftest import School
from tests.signaling.stage import Stage
from zvonok.wire import rest
from zvonok.wire.client import Change, Found, Join, Search, Speakers, Welcome
from zvonok.wire.errors import Refusal

SEEN_WITHIN = 3.0
"""Seconds from the page's last word until nobody is shown there any more."""


@pytest.fixture
def stage() -> Stage:
    return Stage()


def closing(stage: Stage, socket: int, page: str | None = "page") -> None:
    viewer = stage.viewers[socket]
    stage.do(stage.call.closed(viewer.resume, viewer.grant, page, stage.now))


def names(stage: Stage, socket: int) -> dict[int, str]:
    """Of all that this one sees, with the mark of a guest."""
    stage.wait(1)
    people = stage.viewers[socket].people.items()
    return {n: one.name + "*" * one.guest_mark for n, one in people}


def test_whose_page_was_closed_has_no_name_meanwhile(stage: Stage) -> None:
    """The same person comes from another browser, which knows nothing of the first."""
    teacher, first = stage.join("Teacher", "host"), stage.join("Саша", page="page")
    resume = stage.viewers[first].resume
    closing(stage, first)
    stage.wait(SEEN_WITHIN)
    stage.join("Саша")
    assert names(stage, teacher) == {1: "Teacher", 3: "Саша"}
    stage.join("Саша", resume=resume, page="next page")
    assert names(stage, teacher) == {1: "Teacher", 2: "Саша (2)", 3: "Саша"}
    stage.wait(HOLD_SECONDS)
    assert names(stage, teacher) == {1: "Teacher", 2: "Саша (2)", 3: "Саша"}


def test_who_finds_his_name_taken_gets_one_number(stage: Stage) -> None:
    teacher, _ = stage.join("Teacher", "host"), stage.join("Саша")
    second = stage.join("Саша", page="page")
    assert names(stage, teacher)[3] == "Саша (2)"
    resume = stage.viewers[second].resume
    closing(stage, second)
    stage.wait(SEEN_WITHIN)
    stage.join("Саша")
    stage.join("Саша", resume=resume, page="next page")
    assert names(stage, teacher) == {1: "Teacher", 2: "Саша", 3: "Саша (3)", 4: "Саша (2)"}


def test_nobody_takes_a_teachers_name_while_his_page_is_closed(stage: Stage) -> None:
    watcher, teacher = stage.join("A"), stage.join("Ольга", "host", page="page")
    resume = stage.viewers[teacher].resume
    closing(stage, teacher)
    stage.wait(SEEN_WITHIN)
    stage.join("Ольга")
    assert names(stage, watcher) == {1: "A", 3: "Ольга*"}
    stage.join("Ольга", "host")
    assert names(stage, watcher) == {1: "A", 3: "Ольга*", 4: "Ольга"}
    stage.join("Ольга", "host", resume=resume)
    assert names(stage, watcher) == {1: "A", 2: "Ольга (2)", 3: "Ольга*", 4: "Ольга"}


def test_a_guest_whose_name_a_teacher_took_meanwhile_comes_back_marked(stage: Stage) -> None:
    pupil = stage.join("Ольга", page="page")
    resume = stage.viewers[pupil].resume
    closing(stage, pupil)
    teacher = stage.join("Ольга", "host")
    stage.wait(SEEN_WITHIN)
    stage.join("Ольга", resume=resume)
    assert names(stage, teacher) == {1: "Ольга*", 2: "Ольга"}


def test_a_class_that_comes_from_other_browsers_finds_its_room() -> None:
    """Forty of a lesson for sixty close their pages and come as if for the first time."""
    stage = Stage(size=60)
    teacher = stage.join("Teacher", "host")
    pupils = [stage.join(f"Pupil {n}", page="page") for n in range(40)]
    for pupil in pupils:
        closing(stage, pupil)
    stage.wait(SEEN_WITHIN)
    again = [stage.join(f"Pupil {n}") for n in range(40)]
    stage.wait(1)
    assert stage.viewers[teacher].total == 41
    assert len(stage.call.seats) == 61, "no more than the lesson is for"
    assert stage.seat(pupils[0]) not in stage.call.seats, "who went first makes way first"
    last = stage.join(resume=stage.viewers[pupils[-1]].resume)
    assert stage.seat(last) == stage.seat(pupils[-1])
    assert all(stage.seat(socket) in stage.call.seats for socket in again)


def test_those_who_are_there_make_no_way() -> None:
    stage = Stage(size=2)
    stage.join("A", page="page")
    lost = stage.join("B", page="page")
    stage.drop(lost)
    closing(stage, 1)
    with pytest.raises(Refusal):
        stage.join("C")  # A may be back in a moment.
    stage.wait(SEEN_WITHIN)
    stage.join("C")
    with pytest.raises(Refusal):
        stage.join("D")
    assert sorted(stage.call.seats) == [2, 3]


@pytest.mark.parametrize("dead", [True, False])
def test_who_leaves_without_a_socket_has_left(stage: Stage, dead: bool) -> None:
    teacher, pupil = stage.join("Teacher", "host"), stage.join("Sasha", page="page")
    viewer = stage.viewers[pupil]
    if dead:
        stage.drop(pupil)
    leaving = stage.call.closed(viewer.resume, viewer.grant, "page", stage.now, left=True)
    stage.do(leaving)
    stage.wait(1)
    assert list(stage.viewers[teacher].people) == [1]
    assert list(stage.call.seats) == [1]
    assert viewer.closed == (0 if dead else 200)
    stage.wait(SEEN_WITHIN)


def test_who_leaves_in_one_tab_leaves_the_other_there(stage: Stage) -> None:
    first = stage.join("Sasha", page="first")
    viewer = stage.viewers[first]
    stage.join("Sasha", resume=viewer.resume, page="second")
    assert stage.call.closed(viewer.resume, viewer.grant, "first", stage.now, left=True) == []
    assert list(stage.call.seats) == [1]


def test_a_page_that_closes_is_gone_for_others_within_three_seconds(stage: Stage) -> None:
    teacher, pupil = stage.join("Teacher", "host"), stage.join("Sasha", page="page")
    number = stage.viewers[pupil].you
    stage.wait(1)
    closing(stage, pupil)
    assert stage.viewers[pupil].closed == 200
    stage.wait(0.1)
    assert not stage.viewers[teacher].people[number].present
    stage.wait(SEEN_WITHIN - 0.1)
    assert number not in stage.viewers[teacher].people
    assert stage.viewers[teacher].total == 1
    stage.do(stage.call.speakers([number], stage.now))
    assert stage.viewers[teacher].got(Speakers) == []
    stage.say(teacher, Search(1, numbers=[number]))
    stage.say(teacher, Search(2, query="sasha"))
    assert [found.total for found in stage.viewers[teacher].got(Found)] == [0, 0]


def test_the_seat_is_held_and_comes_back_with_its_number(stage: Stage) -> None:
    teacher, pupil = stage.join("Teacher", "host"), stage.join("Sasha", page="page")
    number, resume = stage.viewers[pupil].you, stage.viewers[pupil].resume
    stage.wait(1)
    stage.drop(pupil, closed=True)
    stage.wait(HOLD_SECONDS - 1)
    look = stage.call.look(resume, "none")
    assert look == rest.HeldSeat(held=True, taken=False, name="Sasha")
    back = stage.join("Sasha", resume=resume, page="next page")
    assert stage.viewers[back].you == number
    stage.wait(1)
    assert stage.viewers[teacher].people[number].present
    assert stage.viewers[teacher].people[number].name == "Sasha"
    assert stage.viewers[teacher].total == 2
    stage.wait(HOLD_SECONDS)
    assert number in stage.viewers[teacher].people


def test_who_does_not_come_back_gives_the_seat_up(stage: Stage) -> None:
    teacher, pupil = stage.join("Teacher", "host"), stage.join("Sasha", page="page")
    stage.wait(1)
    closing(stage, pupil)
    stage.wait(HOLD_SECONDS + 1)
    assert list(stage.call.seats) == [stage.viewers[teacher].you]
    assert stage.call.people.total == stage.viewers[teacher].total == 1


def test_several_may_be_out_of_sight(stage: Stage) -> None:
    teacher = stage.join("Teacher", "host")
    pupils = [stage.join(name, page="page") for name in ("A", "B", "C")]
    for pupil in pupils[:2]:
        closing(stage, pupil)
    stage.wait(SEEN_WITHIN)
    assert stage.call.people.total == stage.viewers[teacher].total == 2
    for back, total in ((0, 3), (1, 4)):
        stage.join(resume=stage.viewers[pupils[back]].resume)
        stage.wait(1)
        assert stage.call.people.total == stage.viewers[teacher].total == total
    stage.wait(HOLD_SECONDS)
    assert stage.call.people.total == stage.viewers[teacher].total == 4


def test_a_reload_never_left(stage: Stage) -> None:
    teacher, pupil = stage.join("Teacher", "host"), stage.join("Sasha", page="page")
    number, resume = stage.viewers[pupil].you, stage.viewers[pupil].resume
    stage.wait(1)
    stage.drop(pupil, closed=True)
    stage.wait(CLOSED_SECONDS - 0.1)
    stage.join("Sasha", resume=resume, page="reloaded")
    stage.wait(10)
    assert stage.viewers[teacher].total == 2
    assert all(number not in change.left for change in stage.viewers[teacher].got(Change))


def test_the_word_of_a_page_that_was_replaced_changes_nothing(stage: Stage) -> None:
    """A beacon may arrive after the reloaded page has joined."""
    first = stage.join("Sasha", page="first")
    resume, number = stage.viewers[first].resume, stage.viewers[first].you
    second = stage.join("Sasha", resume=resume, page="second")
    effects = stage.call.closed(resume, "none", "first", stage.now)
    assert effects == []
    stage.drop(second)
    stage.do(stage.call.closed(resume, "none", "first", stage.now))
    stage.wait(10)
    assert stage.call.people.visible(number)
    stage.do(stage.call.closed(resume, "none", "second", stage.now))
    stage.wait(10)
    assert not stage.call.people.visible(number)


def test_a_lost_connection_is_no_closed_page(stage: Stage) -> None:
    teacher, pupil = stage.join("Teacher", "host"), stage.join("Sasha", page="page")
    stage.wait(1)
    stage.drop(pupil)
    stage.wait(HOLD_SECONDS - 1)
    assert not stage.viewers[teacher].people[stage.viewers[pupil].you].present


def test_nobody_closes_the_page_of_another(stage: Stage) -> None:
    stage.join("Sasha", page="page")
    assert stage.call.closed("guessed", "guessed", "page", stage.now) == []
    assert stage.call.look("guessed", "guessed") is None


def test_another_process_does_not_show_it_either(stage: Stage) -> None:
    pupil = stage.join("Sasha", page="page")
    number, resume = stage.viewers[pupil].you, stage.viewers[pupil].resume
    stage.wait(1)
    closing(stage, pupil)
    records = {name: msgspec.msgpack.encode(value) for name, value in stage.call.records()}
    call = Call("Algebra", 0.0)
    assert call.restore(records, {}, stage.call.next_number, 0.0) == []
    assert not call.people.visible(number)
    assert call.people.total == 0
    assert call.closed(resume, "none", "page", 0.0) == []
    assert call.look(resume, "none") == rest.HeldSeat(held=True, name="Sasha")


# ── the whole way ──


async def test_the_word_comes_over_http(school: School) -> None:
    lesson = await school.client.lesson()
    teacher = await school.client.come(lesson.host_link, "Teacher")
    grant = await school.client.enter(lesson.participant_link, "Саша")
    pupil = await school.client.connect()
    await pupil.send(Join(grant, page="page"))
    welcome = await pupil.until(Welcome)
    own = rest.OwnSeat(grant=grant, resume=welcome.resume)
    look = await school.client.ask("POST", "/api/seat", own)
    assert look.json == {"held": True, "taken": True, "name": "Саша"}
    word = rest.ClosedPage(grant=grant, resume=welcome.resume, page="page")
    reply = await school.client.ask("POST", "/api/seat/closed", word)
    assert (reply.status, reply.body) == (204, b"")
    assert await pupil.until_closed() == 1000
    await teacher.until_people(1)
    look = await school.client.ask("POST", "/api/seat", own)
    assert look.json == {"held": True, "taken": False, "name": "Саша"}
    back = await school.client.join(grant, welcome.resume)
    assert back.you == pupil.you
    await teacher.until_person(back.you, present=True)
    word = rest.ClosedPage(grant=grant, resume=welcome.resume, left=True)
    assert (await school.client.ask("POST", "/api/seat/closed", word)).status == 204
    assert await back.until_closed() == 1000
    look = await school.client.ask("POST", "/api/seat", own)
    assert look.json == {"held": False, "taken": False, "name": None}


async def test_a_browser_that_says_going_away_has_closed_its_page(school: School) -> None:
    lesson = await school.client.lesson()
    teacher = await school.client.come(lesson.host_link, "Teacher")
    pupil = await school.client.come(lesson.participant_link, "Sasha")
    await teacher.until_people(2)
    await pupil.socket.close(code=1001)
    await teacher.until_people(1)


async def test_a_seat_that_nobody_holds(school: School) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "A")
    for path, status in (("/api/seat", 200), ("/api/seat/closed", 204)):
        reply = await school.client.ask("POST", path, {"grant": grant, "resume": "none"})
        assert reply.status == status
        reply = await school.client.ask("POST", path, {"grant": "a.b.c"})
        assert (reply.status, reply.code) == (401, "bad_grant")
    assert school.parts.calls.running_call(lesson.lesson.id) is None, "looking begins no call"


async def test_a_seat_is_told_of_for_as_long_as_its_grant_takes_it_back(school: School) -> None:
    lesson = await school.client.lesson()
    grant = await school.client.enter(lesson.participant_link, "A")
    welcome = (await school.client.join(grant)).welcome
    assert welcome is not None
    own = rest.OwnSeat(grant=grant, resume=welcome.resume)
    school.offset.wall += GRANT_SECONDS + RENEW_SECONDS - 60
    look = await school.client.ask("POST", "/api/seat", own)
    assert look.json["held"]
    school.offset.wall += 61
    for path in ("/api/seat", "/api/seat/closed"):
        reply = await school.client.ask("POST", path, own)
        assert (reply.status, reply.code) == (401, "grant_expired")


def test_closing_twice_is_closing_once(stage: Stage) -> None:
    pupil = stage.join("Sasha", page="page")
    closing(stage, pupil)
    stage.wait(1)
    assert not any(
        isinstance(e, Close)
        for e in stage.call.closed(stage.viewers[pupil].resume, "none", "page", stage.now)
    )
    assert stage.call.pages.deadline() == CLOSED_SECONDS
