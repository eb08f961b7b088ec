"""A call that another process takes over is the call as it was, whatever was said before."""

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import asdict

from signaling.call.call import EMPTY_SECONDS, NUMBERS_SKIPPED, Call
from signaling.call.effects import Acknowledge, Effect, Keep, Send, SessionTouched
from signaling.call.parts.closed import CLOSED_SECONDS
from signaling.call.seat import HOLD_SECONDS
from tests.signaling.stage import Stage
from tests.signaling.test_protocol_document import EXAMPLES
from tests.signaling.test_roster import ANYTHING, MEDIA
from zvonok.wire.bus import ActualSession, WantedSession
from zvonok.wire.client import (
    Answer,
    Change,
    ClientMessage,
    Corrected,
    End,
    Failed,
    Join,
    Leave,
    Media,
    Offer,
    OwnMedia,
    Participant,
    Publish,
    SetMedia,
    SetQuality,
    SetSize,
    Size,
    Speakers,
    Tile,
    View,
    Welcome,
    decode_client,
)

SAID = [
    message
    for name, text in EXAMPLES
    if name == "ClientMessage"
    and not isinstance(message := decode_client(text.encode()), Join | Offer | End)
]
"""Each message as docs/protocol.md shows it: those of parts that are added later, too."""
OF_THE_PROCESS = Welcome | Change | Speakers | Publish | Size
"""What is told of what is not kept: who is there, heard and shown now, who was turned away."""
OFFERS = st.integers(0, 3)
ROLES = st.sampled_from(["host", "co_admin", "guest", "guest"])


class Kept(Stage):
    """A call and what Redis has of it."""

    def __init__(self, seats: int = 2000) -> None:
        self.records: dict[str, bytes] = {}
        self.wanted: dict[str, WantedSession] = {}
        super().__init__(seats)

    def do(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            match effect:
                case Keep(record, None):
                    self.records.pop(record, None)
                case Keep(record, value):
                    self.records[record] = msgspec.msgpack.encode(value)
                case SessionTouched(session):
                    wanted = self.call.wanted(session)
                    if wanted is None:
                        self.wanted.pop(session, None)
                    else:
                        self.wanted[session] = wanted
        return super().do(effects)

    def restored(self) -> Call:
        """The call as another process has it from Redis."""
        call = Call(self.call.title, self.now)
        unread = call.restore(self.records, self.wanted, self.call.next_number, self.now)
        assert unread == []
        call.roster.told.sequence = self.call.roster.told.sequence
        return call

    def take_over(self) -> None:
        """The process dies and another goes on; everybody's socket is gone."""
        for viewer in self.viewers.values():
            if viewer.closed is None:
                viewer.closed = 0
        self.call = self.restored()


def known(call: Call) -> dict[str, bytes]:
    return {name: msgspec.msgpack.encode(value) for name, value in call.records()}


def seen(call: Call) -> dict[int, Participant]:
    """All that others can see, but for whether somebody is there."""
    return {n: msgspec.structs.replace(call.face(n), present=False) for n in call.seats}


def asked(call: Call) -> dict[str, Any]:
    """What the SFU is to do; a takeover counts on with the revisions."""
    found = {seat.session: call.wanted(seat.session) for seat in call.seats.values()}
    return {
        session: wanted and msgspec.structs.replace(wanted, revision=0)
        for session, wanted in found.items()
    }


class Takeover(RuleBasedStateMachine):
    """People do everything they can; now and then the process is another one."""

    def __init__(self) -> None:
        super().__init__()
        self.stage = Kept()
        self.given: set[int] = set()
        self.said: dict[str, tuple[ActualSession, str]] = {}
        """What the SFU has said last, and its answer."""

    def somebody(self, data: st.DataObject, *, away: bool = False) -> int | None:
        chosen = [
            socket
            for socket, viewer in self.stage.viewers.items()
            if (viewer.closed == 0 if away else viewer.closed is None)
        ]
        return data.draw(st.sampled_from(chosen)) if chosen else None

    @rule(role=ROLES, media=MEDIA)
    def join(self, role: str, media: Media) -> None:
        socket = self.stage.join(role=role, media=media)  # type: ignore[arg-type]
        number = self.stage.seat(socket)
        assert number not in self.given, "a number was given twice"
        self.given.add(number)

    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        socket = self.somebody(data, away=True)
        if socket is not None:
            viewer = self.stage.viewers[socket]
            viewer.closed = 1
            self.stage.join(grant=viewer.grant, resume=viewer.resume)

    @rule(data=st.data(), media=MEDIA, command=st.none() | st.sampled_from("abc"))
    def set_media(self, data: st.DataObject, media: Media, command: str | None) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.say(socket, SetMedia(OwnMedia(**asdict(media)), command=command))

    @rule(data=st.data(), quality=st.sampled_from(["good", "poor"]))
    def set_quality(self, data: st.DataObject, quality: str) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.say(socket, SetQuality(quality))  # type: ignore[arg-type]

    @rule(data=st.data(), message=ANYTHING | st.sampled_from(SAID))
    def say(self, data: st.DataObject, message: ClientMessage) -> None:
        if (socket := self.somebody(data)) is not None and not isinstance(message, Join):
            self.stage.say(socket, message)

    @rule(data=st.data(), offer=OFFERS)
    def offer(self, data: st.DataObject, offer: int) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.say(socket, Offer(offer, "v=0"))

    @rule(data=st.data(), answer=st.sampled_from(["one", "two"]), late=st.integers(0, 1))
    def hear(self, data: st.DataObject, answer: str, late: int) -> None:
        call, sessions = self.stage.call, sorted(self.stage.call.session.offered())
        wanted = call.wanted(data.draw(st.sampled_from(sessions))) if sessions else None
        if wanted is not None:
            offer_id = wanted.offer_id - late
            actual = ActualSession(session=wanted.session, offer_id=offer_id, answer=answer)
            sdp = f"sdp {answer}"
            if not late:
                self.said[wanted.session] = actual, sdp
            lacks = call.session.lacks_answer(actual)
            self.stage.do(call.actual(actual, self.stage.now, sdp if lacks else None))

    @rule(data=st.data(), closed=st.booleans())
    def drop(self, data: st.DataObject, closed: bool) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.drop(socket, closed=closed)

    @rule(seconds=st.sampled_from([0.1, 3.0, 50.0]))
    def wait(self, seconds: float) -> None:
        self.stage.wait(seconds)

    @rule()
    def take_over(self) -> None:
        if not self.stage.call.over:
            self.stage.take_over()
            self.read_again(self.stage.call)

    def read_again(self, call: Call) -> None:
        """Whoever takes a call over reads all that the SFU has said."""
        for actual, sdp in self.said.values():
            lacks = call.session.lacks_answer(actual)
            call.actual(actual, self.stage.now, sdp if lacks else None)

    @invariant()
    def another_process_would_know_the_same(self) -> None:
        call = self.stage.call
        if call.over:
            return
        other = self.stage.restored()
        assert known(other) == known(call)
        assert seen(other) == seen(call)
        assert asked(other) == asked(call)
        assert other.next_number >= call.next_number + NUMBERS_SKIPPED
        assert all(not person.present for person in map(other.face, other.seats))

    @invariant()
    def both_would_go_on_alike(self) -> None:
        """Everybody comes back, takes up what the SFU has said, and shares in turn."""
        call = self.stage.call
        if call.over:
            return
        before, after = copy.deepcopy(call), self.stage.restored()
        self.read_again(after)
        assert self.told(before) == self.told(after)
        assert seen(before) == seen(after)

    def told(self, call: Call) -> list[tuple[int, object]]:
        """What each is told of his own when all come back and then share one after the other."""
        effects: list[Effect] = []
        for number, seat in list(call.seats.items()):
            on = OwnMedia(**asdict(call.sources[number].on))
            message = Join("signed", seat.resume, on)
            newcomer = self.stage.newcomer(grant=seat.grant)
            effects += call.join(1000 + number, message, newcomer, self.stage.now)
        for number in list(call.seats):
            message_on = SetMedia(OwnMedia(camera=True, screen=True), command="a")
            effects += call.receive(1000 + number, message_on, self.stage.now)
        return [
            (effect.socket, effect.message)
            for effect in effects
            if isinstance(effect, Send | Acknowledge)
            and effect.socket > 1000
            and not isinstance(effect.message, OF_THE_PROCESS)
        ]


Takeover.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestTakeover = Takeover.TestCase


# ── each by itself ──


@pytest.fixture
def stage() -> Kept:
    return Kept()


def test_an_answer_that_nobody_took_is_given_by_the_next_process(stage: Kept) -> None:
    """It came between the loss of the socket and that of the process."""
    socket = stage.join()
    stage.say(socket, Offer(0, "v=0"))
    stage.drop(socket)
    actual = ActualSession(session=stage.session(socket), offer_id=0, answer="one")
    stage.do(stage.call.actual(actual, stage.now, "sdp"))
    stage.take_over()
    assert stage.call.session.lacks_answer(actual)
    stage.do(stage.call.actual(actual, stage.now, "sdp"))
    back = stage.join(resume=stage.viewers[socket].resume)
    assert stage.viewers[back].got(Answer) == [Answer(0, "sdp")]
    assert not stage.call.session.lacks_answer(actual)


def test_numbers_that_were_perhaps_given_out_are_skipped(stage: Kept) -> None:
    """The last ones may not have been written any more."""
    stage.join()
    written, next_number = dict(stage.records), stage.call.next_number
    unwritten = [stage.seat(stage.join()) for _ in range(NUMBERS_SKIPPED - 1)]
    call = Call("Algebra", stage.now)
    call.restore(written, {}, next_number, stage.now)
    stage.call = call
    assert stage.seat(stage.join()) > max(unwritten)


def test_the_sharer_is_known_to_the_next_process(stage: Kept) -> None:
    host = stage.join("Host", "host", media=Media(screen=True))
    guest = stage.join("Guest")
    stage.take_over()
    back = stage.join(resume=stage.viewers[guest].resume, media=Media(screen=True))
    assert stage.viewers[back].got(Failed)[0].error.code == "screen_taken"
    again = stage.join(resume=stage.viewers[host].resume)
    assert stage.viewers[again].got(Corrected) == []


def test_who_was_replaced_is_not_forgotten_by_the_next_process(stage: Kept) -> None:
    first = stage.join(media=Media(screen=True))
    stage.drop(first)
    second = stage.join(media=Media(screen=True))
    stage.take_over()
    back = stage.join(resume=stage.viewers[first].resume, media=Media(screen=True))
    told = Corrected(Media(), replaced_by=stage.seat(second))
    assert stage.viewers[back].got(Corrected) == [told]


def test_sources_are_counted_on(stage: Kept) -> None:
    """Who is shown in a large call is decided by who came first, also after a takeover."""
    first = stage.join(media=Media(camera=True))
    before = stage.call.sources[stage.seat(first)].since
    stage.take_over()
    second = stage.join(media=Media(camera=True))
    assert stage.call.sources[stage.seat(second)].since > before


def test_every_seat_is_held_anew(stage: Kept) -> None:
    socket, lost = stage.join(), stage.join()
    stage.wait(1000)
    stage.take_over()
    stage.wait(HOLD_SECONDS - 1)
    assert len(stage.call.seats) == 2
    back = stage.join(resume=stage.viewers[socket].resume)
    stage.wait(HOLD_SECONDS + EMPTY_SECONDS)
    assert list(stage.call.seats) == [stage.seat(back)]
    assert stage.seat(lost) not in stage.call.seats


def test_who_comes_after_a_takeover_is_told_apart_from_those_before(stage: Kept) -> None:
    stage.join("Ольга", "host")
    stage.join("Саша")
    stage.take_over()
    for name, called in (("Ольга", ("Ольга", True)), ("Саша", ("Саша (2)", False))):
        assert stage.call.seats[stage.seat(stage.join(name))].called == called


def test_a_closed_page_keeps_its_name_through_a_takeover(stage: Kept) -> None:
    teacher = stage.join("Ольга", "host", page="page")
    stage.drop(teacher, closed=True)
    stage.take_over()
    guest = stage.join("Ольга")
    assert stage.call.seats[stage.seat(guest)].called == ("Ольга", True)


def test_who_had_to_be_called_anew_is_so_for_the_next_process(stage: Kept) -> None:
    for name, role in (("Ольга", "host"), ("Ольга (2)", "guest"), ("Ольга", "host")):
        stage.join(name, role)  # type: ignore[arg-type]
    assert [seat.called for seat in stage.call.seats.values()] == [
        ("Ольга", False),
        ("Ольга (2)", True),
        ("Ольга (2)", False),
    ]
    assert known(stage.restored()) == known(stage.call)


def test_who_comes_back_and_is_called_anew_is_so_for_the_next_process(stage: Kept) -> None:
    """And so is the guest who was called like that already."""
    teacher = stage.join("Ольга", "host", page="page")
    stage.drop(teacher, closed=True)
    stage.join("Ольга", "host")
    stage.join("Ольга (2)")
    stage.join(resume=stage.viewers[teacher].resume)
    assert [seat.called for seat in stage.call.seats.values()] == [
        ("Ольга (2)", False),
        ("Ольга", False),
        ("Ольга (2)", True),
    ]
    assert known(stage.restored()) == known(stage.call)


def test_a_viewer_watches_on_after_a_takeover(stage: Kept) -> None:
    newcomer = stage.newcomer("TV", grant="tv", kind="viewer")
    stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
    before = asked(stage.call)
    stage.take_over()
    assert asked(stage.call) == before
    assert stage.call.people.total == 0


def test_the_size_is_what_it_was(stage: Kept) -> None:
    """Until SQL has it, which the next process begins with."""
    stage.say(stage.join(role="host"), SetSize(100))
    stage.take_over()
    assert stage.call.size.size == 100


def test_a_publisher_is_seen_once_it_is_accepted_by_whichever_process(stage: Kept) -> None:
    accepted, waiting = (stage.newcomer(name, grant=name, kind="publisher") for name in "AB")
    for newcomer in (accepted, waiting):
        stage.do(stage.call.begin_session(newcomer, "v=0", stage.now))
    answer = ActualSession(session=accepted.session, offer_id=0, answer="a")
    stage.do(stage.call.actual(answer, stage.now, "sdp"))
    stage.take_over()
    assert [stage.call.people.visible(number) for number in (1, 2)] == [True, False]
    answer = ActualSession(session=waiting.session, offer_id=0, answer="a")
    stage.do(stage.call.actual(answer, stage.now, "sdp"))
    assert stage.call.people.visible(2)


def test_a_call_that_was_left_by_all_ends_in_the_next_process(stage: Kept) -> None:
    stage.say(stage.join(), Leave())
    stage.take_over()
    assert stage.over(stage.wait(EMPTY_SECONDS - 1)) is None
    assert stage.over(stage.wait(2)) == "empty"


def test_a_page_that_closed_while_the_process_went_may_still_say_so(stage: Kept) -> None:
    """Which page sat there is not kept: whoever knows the seat's secret is believed."""
    socket = stage.join(page="page")
    stage.take_over()
    viewer = stage.viewers[socket]
    stage.do(stage.call.closed(viewer.resume, viewer.grant, "page", stage.now))
    stage.wait(CLOSED_SECONDS)
    assert not stage.call.people.visible(stage.seat(socket))


def test_a_view_is_what_it_was(stage: Kept) -> None:
    """The SFU goes on with it: who takes the call over must not write another."""
    socket = stage.join()
    tile = Tile(slot=0, participant=7, kind="camera", height=180)
    stage.say(socket, View([tile]))
    stage.say(socket, Offer(0, "v=0"))
    before, session = asked(stage.call), stage.session(socket)
    earlier = stage.call.wanted(session)
    stage.take_over()
    assert asked(stage.call) == before
    later = stage.call.wanted(session)
    assert earlier is not None
    assert later is not None
    assert later.revision > earlier.revision


def test_what_the_sfu_was_not_told_any_more_is_told(stage: Kept) -> None:
    """A large call is written in parts, and the process died between two of them."""
    muted, offered, kept = (stage.join(media=Media(microphone=True)) for _ in range(3))
    for socket in (muted, offered, kept):
        stage.say(socket, Offer(0, "v=0"))
    sfu = {socket: stage.session(socket) for socket in (muted, offered, kept)}
    before = dict(stage.wanted)
    stage.say(muted, SetMedia(OwnMedia()))
    stage.say(offered, Offer(1, "v=0"))
    stage.take_over()
    assert stage.call.session.untold(stage.wanted) == set()
    before["left"] = before[sfu[kept]]
    assert stage.call.session.untold(before) == {sfu[muted], sfu[offered], "left"}
    del before[sfu[kept]]
    assert stage.call.session.untold(before) == {*sfu.values(), "left"}


def test_what_cannot_be_read_costs_only_itself(stage: Kept) -> None:
    first, second = stage.join(), stage.join(media=Media(camera=True))
    stage.records[f"sources:{stage.seat(second)}"] = b"\xc1"
    stage.records[f"seat:{stage.seat(first)}"] = b"\xc1"
    stage.records["unheard-of"] = b"\xc0"
    stage.records["quality:77"] = msgspec.msgpack.encode("poor")
    call = Call("Algebra", stage.now)
    unread = call.restore(stage.records, {}, stage.call.next_number, stage.now)
    assert {f"sources:{stage.seat(second)}", f"seat:{stage.seat(first)}"} < set(unread)
    assert {"unheard-of", "quality:77"} < set(unread)
    assert "quality:77" not in known(call), "nobody has that seat"
    assert list(call.seats) == [stage.seat(second)]
    assert call.sources[stage.seat(second)].on == Media()


def test_a_view_with_few_frames_is_the_same_view_for_the_next_process(stage: Kept) -> None:
    socket = stage.join()
    stage.say(socket, Offer(0, "v=0"))
    stage.say(socket, View([Tile(slot=0, participant=7, kind="screen", height=9, frames="few")]))
    session = stage.session(socket)
    before = stage.call.wanted(session)
    assert before is not None
    stage.take_over()
    stage.call.session.take_back({session: before})
    after = stage.call.wanted(session)
    assert after is not None
    assert after.view == before.view
