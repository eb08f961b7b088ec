"""The state machine: seats, roles, media, time."""

import msgspec
import pytest
from msgspec.structs import asdict

from signaling.call.call import CONNECT_SECONDS, EMPTY_SECONDS
from signaling.call.effects import Answered, Arrived, Departed, Effect, Keep, SessionTouched
from signaling.call.parts.size import RESERVED_SEATS
from signaling.call.seat import HOLD_SECONDS, Newcomer
from tests.signaling.stage import Stage
from zvonok.wire import bus
from zvonok.wire.bus import SESSION_CLOSED, ActualSession, Description
from zvonok.wire.client import (
    Answer,
    Change,
    Corrected,
    End,
    Ended,
    Failed,
    Found,
    Join,
    Leave,
    Media,
    Offer,
    OwnMedia,
    Ping,
    Pong,
    Publish,
    Role,
    Search,
    SetMedia,
    SetQuality,
    SetUplink,
    Speakers,
    Tile,
    View,
    Welcome,
    decode_client,
)
from zvonok.wire.errors import ErrorBody, Refusal
from zvonok.wire.ids import Kind


@pytest.fixture
def stage() -> Stage:
    return Stage()


def offered(stage: Stage, number: int = 0) -> int:
    socket = stage.join()
    stage.say(socket, Offer(number, "v=0"))
    return socket


def actual(stage: Stage, socket: int, **fields: object) -> ActualSession:
    known: dict[str, object] = {"session": stage.session(socket), "offer_id": 0, **fields}
    return ActualSession(**known)  # type: ignore[arg-type]


def hear(stage: Stage, actual: ActualSession, now: float) -> list[Effect]:
    """The SFU's word; an answer's digest stands for its text here."""
    return stage.call.actual(actual, now, actual.answer)


# ── seats ──


def test_a_guest_who_looks_like_the_teacher_is_marked() -> None:
    stage = Stage()
    teacher = stage.join("Сахар", "host")
    pupil = stage.join("Caxap")
    stage.wait(1)
    people = stage.viewers[teacher].people.values()
    assert [(one.name, one.guest_mark) for one in people] == [("Сахар", False), ("Caxap", True)]
    stage.say(pupil, Leave())
    told_apart = stage.call.people.naming.told_apart
    assert told_apart("Caxap", moderator=False) == ("Caxap", True)
    stage.say(teacher, Leave())
    told_apart = stage.call.people.naming.told_apart
    assert told_apart("Caxap", moderator=False) == ("Caxap", False)


def test_a_newcomer_knows_all_and_all_know_him(stage: Stage) -> None:
    first = stage.join("Анна", "host")
    stage.wait(1)
    second = stage.join("Олёна")
    welcome = stage.viewers[second].got(Welcome)[0]
    assert (welcome.you, welcome.role, welcome.title) == (2, "guest", "Algebra")
    assert (welcome.resumed, welcome.invitation) == (False, None)
    assert welcome.roster.total == 2
    assert [p.name for p in welcome.roster.participants] == ["Анна", "Олёна"]
    stage.wait(1)
    assert stage.viewers[first].people == stage.viewers[second].people


def test_only_moderators_get_the_invitation(stage: Stage) -> None:
    assert stage.viewers[stage.join("A", "host")].got(Welcome)[0].invitation == "link"
    assert stage.viewers[stage.join("B", "participant")].got(Welcome)[0].invitation is None


def test_numbers_are_never_given_twice(stage: Stage) -> None:
    first = stage.join()
    stage.say(first, Leave())
    assert stage.seat(stage.join()) == 2


def test_the_last_seat_goes_to_exactly_one() -> None:
    stage = Stage(seats=8)
    for _ in range(RESERVED_SEATS):
        stage.join("Teacher", "host")
    stage.join()
    stage.join()
    stage.join()
    with pytest.raises(Refusal) as refused:
        stage.join()
    assert refused.value.body.code == "call_full"
    assert refused.value.body.details == {"limit": 8, "most": 8}
    assert len(stage.call.seats) == 8
    stage.say(6, Leave())
    stage.join()
    assert len(stage.call.seats) == 8


def test_a_refused_newcomer_leaves_no_trace() -> None:
    stage = Stage(seats=RESERVED_SEATS)
    stage.effects.clear()
    with pytest.raises(Refusal):
        stage.join()
    assert stage.effects == []
    assert stage.call.seats == {}
    assert stage.call.deadline() == EMPTY_SECONDS


def test_moderators_find_a_seat_when_guests_find_none() -> None:
    stage = Stage(seats=7)
    stage.join()
    stage.join()
    with pytest.raises(Refusal):
        stage.join()
    for _ in range(RESERVED_SEATS):
        stage.join("Teacher", "host")
    with pytest.raises(Refusal):
        stage.join("Teacher", "host")


def test_a_reserved_seat_is_reserved_again_when_its_moderator_leaves() -> None:
    stage = Stage(seats=7)
    teachers = [stage.join("Teacher", "host") for _ in range(RESERVED_SEATS)]
    stage.join()
    stage.say(teachers[0], Leave())
    stage.join()
    with pytest.raises(Refusal):
        stage.join()
    stage.join("Teacher", "host")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("Иван", "host"), ("иван", "guest"), "иван"),
        (("Иван", "guest"), ("Иван", "guest"), "Иван (2)"),
        (("Иван", "host"), ("Иван", "host"), "Иван (2)"),
        (("Семён", "host"), ("Семен", "guest"), "Семен"),
        (("Иван", "host"), ("Пётр", "guest"), "Пётр"),
    ],
)
def test_equal_names_are_told_apart(
    stage: Stage, first: tuple[str, Role], second: tuple[str, Role], expected: str
) -> None:
    stage.join(*first)
    assert stage.call.seats[stage.seat(stage.join(*second))].name == expected


def test_a_name_is_free_again_after_leaving(stage: Stage) -> None:
    stage.say(stage.join("Анна"), Leave())
    assert stage.call.seats[stage.seat(stage.join("Анна"))].name == "Анна"


# ── coming back ──


def test_a_lost_seat_is_held_and_taken_back(stage: Stage) -> None:
    other, lost = stage.join("A"), stage.join("B", media=Media(microphone=True))
    stage.wait(1)
    stage.drop(lost)
    stage.wait(HOLD_SECONDS - 1)
    assert not stage.viewers[other].people[stage.seat(lost)].present
    back = stage.join("B", resume=stage.viewers[lost].resume, media=Media(microphone=True))
    welcome = stage.viewers[back].got(Welcome)[0]
    assert welcome.resumed
    assert welcome.you == stage.seat(lost)
    stage.wait(HOLD_SECONDS * 2)
    assert stage.viewers[other].people[welcome.you].present
    assert stage.viewers[other].people[welcome.you].media == Media(microphone=True)


def test_a_seat_is_given_up_after_its_time(stage: Stage) -> None:
    other, lost = stage.join("A"), stage.join("B")
    session = stage.session(lost)
    stage.drop(lost)
    stage.wait(HOLD_SECONDS - 0.001)
    assert len(stage.call.seats) == 2
    effects = stage.wait(1)
    assert Departed(session) in effects
    assert SessionTouched(session) in effects
    assert stage.call.wanted(session) is None
    assert stage.viewers[other].total == 1
    back = stage.join("B", resume=stage.viewers[lost].resume)
    assert not stage.viewers[back].got(Welcome)[0].resumed


def test_being_away_again_starts_the_time_anew(stage: Stage) -> None:
    socket = stage.join()
    stage.drop(socket)
    stage.wait(HOLD_SECONDS - 10)
    again = stage.join(resume=stage.viewers[socket].resume)
    stage.drop(again)
    stage.wait(20)
    assert len(stage.call.seats) == 1
    stage.wait(HOLD_SECONDS)
    assert len(stage.call.seats) == 0


def test_a_second_socket_takes_the_seat_over(stage: Stage) -> None:
    first = stage.join()
    second = stage.join(resume=stage.viewers[first].resume)
    assert stage.viewers[first].got(Ended) == [Ended("replaced")]
    assert stage.viewers[first].closed == 409
    assert stage.viewers[second].got(Welcome)[0].resumed
    stage.drop(first)
    stage.wait(HOLD_SECONDS * 2)
    assert len(stage.call.seats) == 1


def test_one_grant_holds_one_seat(stage: Stage) -> None:
    first = stage.join(grant="mine")
    second = stage.join(grant="mine")
    assert stage.seat(first) == stage.seat(second)
    assert stage.viewers[first].got(Ended) == [Ended("replaced")]


def test_who_left_for_good_gets_a_new_seat(stage: Stage) -> None:
    first = stage.join(grant="mine")
    stage.say(first, Leave())
    assert stage.viewers[first].got(Ended) == [Ended("left")]
    assert stage.viewers[first].closed == 200
    assert stage.say(first, Ping()) == stage.call.disconnected(first, stage.now) == []
    second = stage.join(grant="mine", resume=stage.viewers[first].resume)
    assert stage.seat(second) == 2


def test_what_was_missed_is_said_when_coming_back(stage: Stage) -> None:
    other, socket = stage.join(), offered(stage)
    stage.drop(socket)
    stage.do(hear(stage, actual(stage, socket, answer="v=0 a", camera_layers=["q"]), 0))
    stage.do(stage.call.speakers([stage.seat(other)], stage.now))
    back = stage.join(resume=stage.viewers[socket].resume)
    assert stage.viewers[back].got(Answer) == [Answer(0, "v=0 a")]
    assert stage.viewers[back].got(Publish) == [Publish(camera=["q"], screen=False)]
    assert stage.viewers[back].got(Speakers) == [Speakers([stage.seat(other)])]


def test_an_answer_that_was_given_is_not_repeated(stage: Stage) -> None:
    socket = offered(stage)
    stage.do(hear(stage, actual(stage, socket, answer="v=0 a"), 0))
    stage.drop(socket)
    back = stage.join(resume=stage.viewers[socket].resume)
    assert stage.viewers[back].got(Answer) == []


# ── the end ──


def test_a_day_and_an_hour_change_nothing(stage: Stage) -> None:
    socket = stage.join("A", "host")
    assert stage.over(stage.wait(25 * 3600)) is None
    stage.say(socket, Ping())
    assert stage.viewers[socket].got(Pong) == [Pong()]


def test_an_empty_call_ends_after_its_time(stage: Stage) -> None:
    stage.wait(EMPTY_SECONDS - 1)
    socket = stage.join()
    stage.wait(EMPTY_SECONDS * 2)
    stage.say(socket, Leave())
    assert stage.over(stage.wait(EMPTY_SECONDS - 0.001)) is None
    assert stage.over(stage.wait(0.002)) == "empty"
    assert stage.call.over
    assert stage.call.deadline() is None


def test_a_moderator_ends_the_call_for_all(stage: Stage) -> None:
    host, guest = stage.join("A", "host"), stage.join("B")
    away = stage.join("C")
    stage.drop(away)
    sessions = {stage.session(socket) for socket in (host, guest, away)}
    effects = stage.say(host, End())
    for socket in (host, guest):
        assert stage.viewers[socket].got(Ended) == [Ended("ended")]
        assert stage.viewers[socket].closed == 200
    assert stage.touched(effects) == sessions
    assert stage.over(effects) == "ended"
    assert stage.call.seats == {}
    assert stage.call.end(stage.now) == []
    assert stage.call.receive(host, Ping(), stage.now) == []


@pytest.mark.parametrize("role", ["participant", "guest"])
def test_nobody_else_may_end_it(stage: Stage, role: Role) -> None:
    socket = stage.join("B", role)
    effects = stage.say(socket, End())
    assert stage.over(effects) is None
    assert [f.error.code for f in stage.viewers[socket].got(Failed)] == ["forbidden"]


def test_a_co_admin_may_end_it(stage: Stage) -> None:
    assert stage.over(stage.say(stage.join("B", "co_admin"), End())) == "ended"


def test_nobody_takes_a_seat_in_a_call_that_is_over(stage: Stage) -> None:
    stage.do(stage.call.end(0))
    with pytest.raises(Refusal) as refused:
        stage.join()
    assert refused.value.body.code == "unavailable"
    assert refused.value.body.details["retry_after"] > 0


# ── media ──


def test_an_offer_becomes_a_wanted_session(stage: Stage) -> None:
    socket = stage.join("A", "host", media=Media(microphone=True))
    assert stage.call.wanted(stage.session(socket)) is None
    tile = Tile(slot=0, participant=7, kind="camera", height=180)
    stage.say(socket, View([tile]))
    effects = stage.say(socket, Offer(3, "v=0"))
    wanted = stage.call.wanted(stage.session(socket))
    assert wanted is not None
    assert stage.touched(effects) == {wanted.session}
    assert (wanted.offer_id, wanted.participant) == (3, 1)
    assert stage.call.offer(wanted.session) == Description(3, "v=0")
    assert (wanted.open, wanted.moderator) == (["microphone"], True)
    assert wanted.view == [bus.Tile(0, 7, "camera", 180)]
    assert list(stage.call.session.offered()) == [wanted.session]


def test_what_a_browser_thinks_it_can_send_is_passed_on_for_its_own_seat(stage: Stage) -> None:
    socket, other = offered(stage), offered(stage)
    effects = stage.say(socket, SetUplink(254_000))
    assert stage.touched(effects) == {stage.session(socket)}
    for one, uplink in ((socket, 254_000), (other, 0)):
        wanted = stage.call.wanted(stage.session(one))
        assert wanted is not None
        assert wanted.uplink == uplink
    assert stage.touched(stage.say(socket, SetUplink(254_000))) == set(), "nothing has changed"


def test_an_estimate_comes_once_a_second(stage: Stage) -> None:
    socket = offered(stage)
    for estimate in range(5):
        stage.say(socket, SetUplink(estimate))
    assert stage.touched(stage.say(socket, SetUplink(5))) == set()
    (failed,) = stage.viewers[socket].got(Failed)
    assert failed.error.code == "rate_limited"
    stage.wait(1)
    assert stage.touched(stage.say(socket, SetUplink(5))) == {stage.session(socket)}


@pytest.mark.parametrize("estimate", ["-1", "100000001", "1e3000", "0.5", '"9"', "null", "true"])
def test_a_hostile_estimate_is_refused(estimate: str) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_client(f'{{"type": "uplink", "estimate": {estimate}}}')


def test_mute_closes_the_source_at_once(stage: Stage) -> None:
    socket = stage.join(media=Media(microphone=True, camera=True))
    stage.say(socket, Offer(0, "v=0"))
    effects = stage.say(socket, SetMedia(OwnMedia(camera=True)))
    wanted = stage.call.wanted(stage.session(socket))
    assert wanted is not None
    assert wanted.open == ["camera"]
    assert stage.touched(effects) == {wanted.session}
    assert stage.viewers[socket].got(Corrected) == []


def test_ids_of_offers_grow(stage: Stage) -> None:
    socket = offered(stage, 4)
    for stale in (4, 3):
        stage.say(socket, Offer(stale, "v=0 other"))
        failed = stage.viewers[socket].got(Failed)[0]
        assert (failed.id, failed.error.code) == (stale, "stale_offer")
        assert failed.error.details == {"last": 4}
    stage.say(socket, Offer(5, "v=0 new"))
    assert stage.viewers[socket].got(Failed) == []


def test_answers_and_errors_reach_who_offered(stage: Stage) -> None:
    socket, other = offered(stage), stage.join()
    answer = actual(stage, socket, answer="v=0 a")
    stage.do(hear(stage, answer, 0))
    stage.do(hear(stage, answer, 0))
    assert stage.viewers[socket].got(Answer) == [Answer(0, "v=0 a")]
    assert stage.viewers[other].got(Answer) == []
    stage.say(socket, Offer(1, "v=0"))
    refused = actual(stage, socket, offer_id=1, error=ErrorBody("bad_offer", "no"))
    stage.do(hear(stage, refused, 0))
    stage.do(hear(stage, refused, 0))
    assert stage.viewers[socket].got(Failed) == [Failed(error=ErrorBody("bad_offer", "no"), id=1)]


def test_late_words_about_old_offers_are_ignored(stage: Stage) -> None:
    socket = offered(stage)
    stage.say(socket, Offer(1, "v=0"))
    assert hear(stage, actual(stage, socket, answer="v=0 old"), 0) == []
    assert hear(stage, ActualSession(session="unknown", offer_id=0, answer="x"), 0) == []


def test_a_second_answer_means_that_the_first_way_is_lost(stage: Stage) -> None:
    socket = offered(stage)
    stage.do(hear(stage, actual(stage, socket, answer="v=0 a"), 0))
    stage.do(hear(stage, actual(stage, socket, answer="v=0 b"), 0))
    failed = stage.viewers[socket].got(Failed)[0]
    assert (failed.id, failed.error.code) == (0, "media_lost")
    assert stage.viewers[socket].got(Answer) == [Answer(0, "v=0 a")]


def test_a_media_server_that_has_not_answered_yet_is_no_loss(stage: Stage) -> None:
    """A new one takes the session over and says so before it has an answer."""
    socket = offered(stage)
    stage.do(hear(stage, actual(stage, socket, answer="v=0 a"), 0))
    assert stage.do(hear(stage, actual(stage, socket), 0)) == []
    assert not stage.call.session.lacks_answer(actual(stage, socket))
    unknown = ActualSession(session="unknown", offer_id=0, answer="v=0 a")
    assert not stage.call.session.lacks_answer(unknown)


def test_publish_is_said_when_it_changes(stage: Stage) -> None:
    socket = offered(stage)
    for layers in ([], [], ["q", "f"], ["q", "f"]):
        stage.do(hear(stage, actual(stage, socket, answer="a", camera_layers=layers), 0))
    assert stage.viewers[socket].got(Publish) == [
        Publish(camera=[], screen=False),
        Publish(camera=["q", "f"], screen=False),
    ]


def test_publish_says_that_a_camera_rests_for_its_line(stage: Stage) -> None:
    socket = offered(stage)
    for limited in (True, True, False):
        stage.do(hear(stage, actual(stage, socket, answer="a", limited=limited), 0))
    told = stage.viewers[socket].got(Publish)
    assert [publish.limited for publish in told] == [True, False]


def test_ceilings_are_said_with_it_and_again_to_who_comes_back(stage: Stage) -> None:
    socket = offered(stage)
    rich, told = {"h": 700_000}, Publish(camera=["h"], screen=False, ceilings={"h": 700_000})
    for ceilings in ({}, rich, rich, {}, rich):
        traits = {"camera_layers": ["h"], "camera_ceilings": ceilings}
        stage.do(hear(stage, actual(stage, socket, answer="a", **traits), 0))
    plain = Publish(camera=["h"], screen=False)
    assert stage.viewers[socket].got(Publish) == [plain, told, plain, told]
    stage.drop(socket)
    back = stage.join(resume=stage.viewers[socket].resume)
    assert stage.viewers[back].got(Publish) == [told]


def test_speakers_are_told_to_all_once(stage: Stage) -> None:
    first, second = stage.join(), stage.join()
    for _ in range(2):
        stage.do(stage.call.speakers([2, 99], stage.now))
    assert stage.viewers[first].got(Speakers) == [Speakers([2])]
    assert stage.viewers[second].got(Speakers) == [Speakers([2])]


def test_a_slot_cannot_show_two(stage: Stage) -> None:
    socket = stage.join()
    tile = Tile(slot=0, participant=7, kind="camera", height=180)
    stage.say(socket, View([tile, tile]))
    assert stage.viewers[socket].got(Failed)[0].error.code == "invalid_message"


def test_a_view_that_did_not_change_is_not_written(stage: Stage) -> None:
    socket = offered(stage)
    assert stage.touched(stage.say(socket, View([]))) == set()


def test_a_view_reaches_the_sfu_as_it_was_said(stage: Stage) -> None:
    socket = offered(stage)
    tiles = [
        Tile(slot=0, participant=7, kind="camera", height=180),
        Tile(slot=3, participant=7, kind="screen", height=1080, frames="few"),
    ]
    stage.say(socket, View(tiles))
    wanted = stage.call.wanted(stage.session(socket))
    assert wanted is not None
    assert wanted.view == [
        bus.Tile(0, 7, "camera", 180, "all"),
        bus.Tile(3, 7, "screen", 1080, "few"),
    ]


# ── people ──


def test_quality_is_seen_by_others(stage: Stage) -> None:
    first, second = stage.join(), stage.join()
    stage.wait(1)
    stage.say(second, SetQuality("poor"))
    stage.wait(1)
    assert stage.viewers[first].people[2].quality == "poor"
    stage.viewers[first].got(Change)
    assert stage.say(second, SetQuality("poor")) == []
    stage.wait(1)
    assert stage.viewers[first].got(Change) == []


def test_search_by_part_of_a_name(stage: Stage) -> None:
    socket = stage.join("Ольга Берёзкина", "host")
    for name in ("Анна Березина", "Пётр Иванов", "Ая Берёза"):
        stage.join(name)
    stage.say(socket, Search(1, query=" берез "))
    found = stage.viewers[socket].got(Found)[0]
    assert (found.id, found.total) == (1, 3)
    assert [p.name for p in found.participants] == [
        "Ольга Берёзкина",
        "Анна Березина",
        "Ая Берёза",
    ]


def test_who_searches_again_and_again_has_nobody_sorted_again(stage: Stage) -> None:
    """In a call of 2000 it would cost the loop milliseconds, thirty times a second."""
    sockets = [stage.join(name) for name in ("Яна", "Анна")]
    stage.say(sockets[0], Search(1))
    arranged = stage.call.people.arranged()
    stage.say(sockets[0], SetMedia(OwnMedia(camera=True)))
    stage.say(sockets[0], Search(2))
    assert stage.call.people.arranged() is arranged
    stage.join("Ольга", "host")
    stage.say(sockets[1], Leave())
    stage.say(sockets[0], Search(3))
    found = stage.viewers[sockets[0]].got(Found)[-1]
    assert [p.name for p in found.participants] == ["Ольга", "Яна"]


def test_search_by_numbers_and_by_pages(stage: Stage) -> None:
    socket = stage.join("Host", "host")
    for index in range(60):
        stage.join(f"Pupil {index:02}")
    stage.say(socket, Search(1, numbers=[3, 999, 2, 3]))
    stage.say(socket, Search(2, offset=50))
    by_number, by_page = stage.viewers[socket].got(Found)
    assert [p.number for p in by_number.participants] == [3, 2]
    assert by_page.total == 61
    assert len(by_page.participants) == 11


def test_a_socket_joins_once(stage: Stage) -> None:
    socket = stage.join()
    stage.say(socket, Join("signed"))
    assert stage.viewers[socket].got(Failed)[0].error.code == "already_joined"


def test_a_socket_without_a_seat_changes_nothing(stage: Stage) -> None:
    assert stage.call.receive(99, Leave(), 0) == []
    assert stage.call.disconnected(99, 0) == []


# ── sessions without a socket ──


def answered(newcomer: Newcomer, *sources: Kind) -> ActualSession:
    return ActualSession(session=newcomer.session, offer_id=0, answer="v=0", sources=list(sources))


def test_a_publisher_is_seen_with_what_was_accepted(stage: Stage) -> None:
    viewer = stage.join()
    newcomer = stage.newcomer("OBS", grant="obs", kind="publisher")
    effects = stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
    assert Arrived(newcomer.session, 2, "OBS", "guest") in effects
    assert SessionTouched(newcomer.session) in effects
    assert stage.call.offer(newcomer.session) == Description(0, "v=0")
    wanted = stage.call.wanted(newcomer.session)
    assert wanted is not None
    assert (wanted.kind, wanted.open) == ("publisher", [])
    found = answered(newcomer, "camera")
    effects = stage.do(hear(stage, found, stage.now))
    assert Answered(newcomer.session, found.answer, None) in effects
    assert SessionTouched(newcomer.session) in effects
    stage.wait(1)
    person = stage.viewers[viewer].people[2]
    assert (person.name, person.media, person.present) == ("OBS", Media(camera=True), True)
    wanted = stage.call.wanted(newcomer.session)
    assert wanted is not None
    assert wanted.open == ["camera"]
    assert stage.do(stage.call.actual(found, stage.now)) == []
    stage.do(hear(stage, answered(newcomer, "camera", "microphone"), stage.now))
    wanted = stage.call.wanted(newcomer.session)
    assert wanted is not None
    assert wanted.open == ["camera"], "switched on at the start only"


def test_a_publisher_is_told_apart_from_those_who_are_there(stage: Stage) -> None:
    stage.join("Ольга", "host")
    viewer = stage.join("OBS")
    for name in ("Ольга", "OBS", "Camera"):
        newcomer = stage.newcomer(name, grant=name, kind="publisher")
        stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
        stage.wait(1)
        stage.do(hear(stage, answered(newcomer), stage.now))
        stage.wait(1)
    seen = stage.viewers[viewer].people.items()
    assert {number: (one.name, one.guest_mark) for number, one in seen} == {
        1: ("Ольга", False),
        2: ("OBS", False),
        3: ("Ольга", True),
        4: ("OBS (2)", False),
        5: ("Camera", False),
    }


def test_a_refused_publisher_has_nothing_on(stage: Stage) -> None:
    newcomer = stage.newcomer("OBS", grant="obs", kind="publisher")
    stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
    error = ErrorBody("sdp_unusable", "no")
    refused = ActualSession(session=newcomer.session, offer_id=0, error=error)
    told = stage.do(stage.call.actual(refused, stage.now))
    assert told == [Answered(newcomer.session, None, error)]
    wanted = stage.call.wanted(newcomer.session)
    assert wanted is not None
    assert wanted.open == []


def test_a_publisher_that_never_flows_is_given_up(stage: Stage) -> None:
    newcomer = stage.newcomer("OBS", grant="obs", kind="publisher")
    stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
    stage.wait(CONNECT_SECONDS - 0.001)
    assert len(stage.call.seats) == 1
    stage.wait(1)
    assert len(stage.call.seats) == 0


def test_a_publisher_lives_by_its_connection(stage: Stage) -> None:
    viewer = stage.join()
    newcomer = stage.newcomer("OBS", grant="obs", kind="publisher")
    stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
    flowing = ActualSession(session=newcomer.session, offer_id=0, answer="a", connected=True)
    stage.do(hear(stage, flowing, stage.now))
    stage.wait(1000)
    assert stage.viewers[viewer].people[2].present
    dead = ActualSession(session=newcomer.session, offer_id=0, answer="a")
    stage.do(hear(stage, dead, stage.now))
    stage.wait(HOLD_SECONDS - 1)
    assert not stage.viewers[viewer].people[2].present
    stage.wait(2)
    assert 2 not in stage.viewers[viewer].people


def test_a_publishers_token_holds_one_seat(stage: Stage) -> None:
    first = stage.newcomer("OBS", grant="obs", kind="publisher")
    second = stage.newcomer("OBS", grant="obs", kind="publisher")
    stage.do(stage.call.begin_session(first, "v=0", stage.now))
    effects = stage.do(stage.call.begin_session(second, "v=0", stage.now))
    assert Departed(first.session) in effects
    assert [seat.name for seat in stage.call.seats.values()] == ["OBS"]
    assert stage.call.number_of(second.session) == 2


def test_a_publisher_goes_on_until_its_next_session_is_accepted(stage: Stage) -> None:
    viewer = stage.join()
    first, second, third = (stage.newcomer("OBS", grant="obs", kind="publisher") for _ in range(3))
    stage.do(stage.call.begin_session(first, "v=0", stage.now))
    stage.do(hear(stage, answered(first, "camera"), stage.now))
    stage.do(stage.call.begin_session(second, "v=0", stage.now))
    stage.wait(1)
    assert sorted(stage.viewers[viewer].people) == [1, 2], "the second is not seen yet"
    assert stage.viewers[viewer].total == 2
    stage.do(stage.call.end_session(second.session, stage.now))  # It was refused.
    assert stage.call.number_of(first.session) == 2
    stage.do(stage.call.begin_session(third, "v=0", stage.now))
    effects = stage.do(hear(stage, answered(third, "camera"), stage.now))
    assert Departed(first.session) in effects
    stage.wait(1)
    assert sorted(stage.viewers[viewer].people) == [1, 4]
    assert stage.viewers[viewer].people[4].name == "OBS", "it has the name of the first"
    assert stage.viewers[viewer].people[4].media == Media(camera=True)
    assert stage.viewers[viewer].total == 2


def test_of_two_sessions_at_once_the_newer_stays(stage: Stage) -> None:
    newcomers = [stage.newcomer("OBS", grant="obs", kind="publisher") for _ in range(3)]
    stage.do(stage.call.begin_session(newcomers[0], "v=0", stage.now))
    stage.do(hear(stage, answered(newcomers[0]), stage.now))
    stage.do(stage.call.begin_session(newcomers[1], "v=0", stage.now))
    effects = stage.do(stage.call.begin_session(newcomers[2], "v=0", stage.now))
    told = next(effect for effect in effects if isinstance(effect, Answered))
    assert (told.session, told.error and told.error.code) == (
        newcomers[1].session,
        "session_replaced",
    )
    assert len(stage.call.seats) == 2, "the one that flows and the newest"
    for newcomer in (newcomers[1], newcomers[2], newcomers[0]):
        stage.do(hear(stage, answered(newcomer), stage.now))
    assert [seat.session for seat in stage.call.seats.values()] == [newcomers[2].session]
    stage.do(stage.call.end_session(newcomers[2].session, stage.now))
    assert stage.call.seats == {}
    assert not stage.call.holds(None, "obs")


def test_a_publisher_that_comes_again_finds_room_in_a_full_lesson() -> None:
    stage = Stage(size=1)
    newcomers = [stage.newcomer("OBS", grant="obs", kind="publisher") for _ in range(2)]
    for newcomer in newcomers:
        stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
        stage.do(hear(stage, answered(newcomer), stage.now))
    assert stage.call.number_of(newcomers[1].session) == 2
    with pytest.raises(Refusal):
        stage.join()


# ── who is called what ──


def called(stage: Stage, socket: int) -> tuple[str, bool]:
    """As everybody who is there sees it."""
    stage.wait(1)
    faces = {
        (viewer.people[stage.seat(socket)].name, viewer.people[stage.seat(socket)].guest_mark)
        for viewer in stage.viewers.values()
        if viewer.closed is None
    }
    assert len(faces) == 1
    return faces.pop()


def test_a_guest_who_came_first_under_the_teachers_name_gets_the_mark(stage: Stage) -> None:
    pupil = stage.join("Ольга")
    assert called(stage, pupil) == ("Ольга", False)
    teacher = stage.join("Ольга", "host")
    assert called(stage, teacher) == ("Ольга", False)
    assert called(stage, pupil) == ("Ольга", True)
    second = stage.join("Ольга", "host")
    assert called(stage, second) == ("Ольга (2)", False), "moderators are told apart all the same"
    stage.say(second, Search(1, query="ольга"))
    found = stage.viewers[second].got(Found)[0].participants
    assert [(one.name, one.guest_mark) for one in found] == [
        ("Ольга", False),
        ("Ольга (2)", False),
        ("Ольга", True),
    ]


def test_a_guest_with_a_number_makes_way_for_a_moderator_too(stage: Stage) -> None:
    first, pupil = stage.join("Ольга", "host"), stage.join("Ольга (2)")
    second = stage.join("Ольга", "host")
    assert called(stage, first) == ("Ольга", False)
    assert called(stage, second) == ("Ольга (2)", False)
    assert called(stage, pupil) == ("Ольга (2)", True)


def test_what_somebody_is_called_by_a_moderators_coming_is_kept(stage: Stage) -> None:
    pupil = stage.join("Ольга")
    stage.effects.clear()
    stage.join("Ольга", "host")
    kept = [effect.value for effect in stage.effects if isinstance(effect, Keep)]
    assert stage.call.seats[stage.seat(pupil)] in kept


def test_a_viewer_counts_as_a_seat_and_is_not_shown() -> None:
    stage = Stage(seats=RESERVED_SEATS + 2)
    socket = stage.join()
    newcomer = stage.newcomer("TV", grant="tv", kind="viewer")
    stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
    stage.wait(1)
    assert stage.viewers[socket].total == 1
    assert list(stage.viewers[socket].people) == [1]
    wanted = stage.call.wanted(newcomer.session)
    assert wanted is not None
    assert (wanted.kind, wanted.view, wanted.open) == ("viewer", None, [])
    stage.do(stage.call.actual(answered(newcomer, "camera"), stage.now))
    wanted = stage.call.wanted(newcomer.session)
    assert wanted is not None
    assert wanted.open == []
    stage.say(socket, Search(1, query="tv"))
    stage.say(socket, Search(2, numbers=[2]))
    assert [found.total for found in stage.viewers[socket].got(Found)] == [0, 0]
    with pytest.raises(Refusal):
        stage.join()
    stage.do(stage.call.end_session(newcomer.session, stage.now))
    stage.join()
    stage.wait(1)
    assert stage.viewers[socket].total == stage.call.people.total == 2
    assert stage.call.end_session(newcomer.session, stage.now) == []


# ── screen ──


def test_a_new_screen_takes_the_place_of_the_old(stage: Stage) -> None:
    first = stage.join(media=Media(microphone=True, screen=True, screen_audio=True))
    second = stage.join(media=Media(screen=True))
    assert stage.viewers[first].got(Corrected) == [
        Corrected(Media(microphone=True), replaced_by=stage.seat(second))
    ]
    assert stage.viewers[second].got(Corrected) == []
    stage.wait(1)
    sharing = [n for n, person in stage.viewers[first].people.items() if person.media.screen]
    assert sharing == [stage.seat(second)]


def test_who_was_replaced_while_he_was_away_is_told_and_takes_nothing_back(stage: Stage) -> None:
    screen = Media(microphone=True, screen=True, screen_audio=True)
    first = stage.join("First", "host", media=screen)
    stage.drop(first)
    second = stage.join("Second", "host", media=Media(screen=True))
    # His page has heard nothing of it and captures on.
    back = stage.join(resume=stage.viewers[first].resume, media=screen)
    told = Corrected(Media(microphone=True), replaced_by=stage.seat(second))
    assert stage.viewers[back].got(Corrected) == [told]
    assert stage.viewers[back].got(Failed) == []
    assert stage.viewers[second].got(Corrected) == []
    # Once his page has said that it is off, the next time is a wish of its own.
    stage.say(back, SetMedia(OwnMedia(microphone=True)))
    stage.say(back, SetMedia(OwnMedia(**asdict(screen))))
    assert stage.viewers[back].got(Corrected) == []
    assert stage.viewers[second].got(Corrected) == [
        Corrected(Media(), replaced_by=stage.seat(back))
    ]


def test_a_mute_said_before_one_heard_of_it_takes_no_screen_back(stage: Stage) -> None:
    first = stage.join(media=Media(microphone=True, screen=True))
    second = stage.join(media=Media(screen=True))
    stage.viewers[first].got(Corrected)
    stage.say(first, SetMedia(OwnMedia(screen=True)))
    assert stage.viewers[first].got(Corrected) == [
        Corrected(Media(), replaced_by=stage.seat(second))
    ]
    assert stage.viewers[second].got(Corrected) == []


def test_who_comes_back_to_a_screen_that_nobody_shows_any_more_goes_on(stage: Stage) -> None:
    first, second = stage.join(media=Media(screen=True)), stage.join()
    stage.drop(first)
    stage.say(second, SetMedia(OwnMedia(screen=True)))
    stage.say(second, SetMedia(OwnMedia()))
    back = stage.join(resume=stage.viewers[first].resume, media=Media(screen=True))
    assert stage.viewers[back].got(Corrected) == []
    # It is his own again: who replaces it now tells him.
    stage.say(second, SetMedia(OwnMedia(screen=True)))
    assert len(stage.viewers[back].got(Corrected)) == 1


def test_a_screen_of_a_seat_that_was_given_up_takes_nobodys_place(stage: Stage) -> None:
    first, second = stage.join(media=Media(screen=True)), stage.join()
    stage.drop(first)
    stage.wait(HOLD_SECONDS)
    stage.say(second, SetMedia(OwnMedia(screen=True)))
    back = stage.join(resume=stage.viewers[first].resume, media=Media(screen=True))
    assert stage.viewers[back].got(Welcome)[0].resumed is False
    assert stage.viewers[back].got(Corrected) == [
        Corrected(Media(), replaced_by=stage.seat(second))
    ]
    assert stage.viewers[second].got(Corrected) == []


def test_a_moderators_screen_stays(stage: Stage) -> None:
    host = stage.join("Host", "host", media=Media(screen=True))
    guest = stage.join(media=Media(screen=True, camera=True))
    assert stage.viewers[guest].got(Corrected) == [Corrected(Media(camera=True))]
    assert stage.viewers[guest].got(Failed)[0].error.code == "screen_taken"
    stage.say(host, SetMedia(OwnMedia()))
    stage.say(guest, SetMedia(OwnMedia(screen=True)))
    assert stage.viewers[guest].got(Corrected) == []


def test_a_screen_is_not_free_because_somebody_else_mutes_himself(stage: Stage) -> None:
    stage.join("Host", "host", media=Media(screen=True))
    first, second = stage.join(media=Media(microphone=True)), stage.join()
    stage.say(first, SetMedia(OwnMedia()))
    stage.say(second, SetMedia(OwnMedia(screen=True)))
    (failed,) = stage.viewers[second].got(Failed)
    assert (failed.error.code, failed.error.details) == ("screen_taken", {"by": 1})


def test_a_screen_is_free_when_its_sharer_is_gone(stage: Stage) -> None:
    host = stage.join("Host", "host", media=Media(screen=True))
    guest = stage.join()
    stage.say(host, Leave())
    stage.say(guest, SetMedia(OwnMedia(screen=True)))
    assert stage.viewers[guest].got(Corrected) == []


def test_there_is_no_screen_sound_without_a_screen(stage: Stage) -> None:
    socket = stage.join()
    stage.say(socket, SetMedia(OwnMedia(screen_audio=True)))
    assert stage.viewers[socket].got(Corrected) == [Corrected(Media())]


def test_a_publisher_that_closes_its_connection_leaves_at_once(stage: Stage) -> None:
    newcomer = stage.newcomer("OBS", grant="obs", kind="publisher")
    stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
    closed = ErrorBody(SESSION_CLOSED, "closed")
    stage.do(hear(stage, ActualSession(session=newcomer.session, offer_id=0, error=closed), 1))
    assert len(stage.call.seats) == 0


def test_a_browser_that_closes_its_connection_is_not_told_so(stage: Stage) -> None:
    socket = offered(stage)
    closed = actual(stage, socket, error=ErrorBody(SESSION_CLOSED, "closed"))
    assert stage.do(hear(stage, closed, 0)) == []
    assert len(stage.call.seats) == 1


def test_a_change_is_in_force_when_the_sfu_says_its_revision(stage: Stage) -> None:
    socket = offered(stage)
    number = stage.seat(socket)
    first = stage.call.wanted(stage.session(socket))
    stage.say(socket, SetMedia(OwnMedia(microphone=True)))
    second = stage.call.wanted(stage.session(socket))
    assert first is not None
    assert second is not None
    assert second.revision > first.revision
    told = []
    for wanted in (first, second, first):
        # Also while a newer offer waits for its answer.
        word = actual(stage, socket, offer_id=-5, revision=wanted.revision)
        stage.do(hear(stage, word, 0))
        told.append(stage.call.session.in_force(number))
    assert told == [False, True, True]


def test_an_answer_whose_text_has_not_come_is_waited_for(stage: Stage) -> None:
    socket = offered(stage)
    word = actual(stage, socket, answer="digest")
    assert stage.call.session.lacks_answer(word)
    assert stage.call.actual(word, 0) == []
    stage.do(stage.call.actual(word, 0, "v=0 a"))
    assert stage.viewers[socket].got(Answer) == [Answer(0, "v=0 a")]
    assert not stage.call.session.lacks_answer(word)


def test_a_seat_offers_a_little_at_once_and_then_one_a_second() -> None:
    stage = Stage()
    socket, other = stage.join("A"), stage.join("B")
    stage.wait(1)
    for number in range(5):
        assert stage.touched(stage.say(socket, Offer(number, "v=0"))) == {stage.session(socket)}
    effects = stage.say(socket, Offer(5, "v=0"))
    assert stage.touched(effects) == set()
    (failed,) = stage.viewers[socket].got(Failed)
    assert (failed.id, failed.error.code) == (5, "rate_limited")
    assert failed.error.details["retry_after"] == pytest.approx(1)
    stage.drop(socket)
    back = stage.join("A", resume=stage.viewers[socket].resume)
    stage.say(back, Offer(6, "v=0"))
    (failed,) = stage.viewers[back].got(Failed)
    assert failed.error.code == "rate_limited", "a new socket gives no new offers"
    assert stage.touched(stage.say(other, Offer(0, "v=0"))) == {stage.session(other)}
    stage.wait(1)
    assert stage.touched(stage.say(back, Offer(7, "v=0"))) == {stage.session(back)}
