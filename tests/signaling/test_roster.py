"""Snapshot + changes = later snapshot, for everybody and whatever happens."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from msgspec.structs import asdict

from signaling.call import told
from signaling.call.turn import Turn
from tests.signaling.stage import Stage
from zvonok.wire.bus import ActualSession
from zvonok.wire.client import (
    Change,
    ClientMessage,
    Join,
    Leave,
    Media,
    Offer,
    OwnMedia,
    Ping,
    Search,
    SetMedia,
    SetQuality,
    Size,
    Tile,
    View,
)
from zvonok.wire.errors import Refusal

MEDIA = st.builds(Media, microphone=st.booleans(), camera=st.booleans(), screen=st.booleans())

NUMBER = st.integers(1, 30)
ANYTHING = st.one_of(
    st.builds(Offer, st.integers(0, 3), st.text(max_size=5)),
    st.builds(
        View,
        st.lists(
            st.builds(
                Tile,
                slot=st.integers(0, 8),
                participant=NUMBER,
                kind=st.sampled_from(["camera", "screen"]),
                height=st.integers(1, 4320),
            ),
            max_size=4,
        ),
    ),
    st.builds(Search, st.just(0), st.text(max_size=5), st.lists(NUMBER, max_size=4), NUMBER),
    st.just(Join("again")),
    st.just(Ping()),
)


class People(RuleBasedStateMachine):
    """People come, change, drop out, come back and leave; a dozen make a large call."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(told, "LARGE_FROM", 8)
        self.patch.setattr(told, "SMALL_FROM", 5)
        self.patch.setattr(told, "SOURCES_SHOWN", 3)
        self.stage = Stage(seats=20)

    def teardown(self) -> None:
        self.patch.undo()

    def somebody(self, data: st.DataObject) -> int | None:
        here = [s for s, viewer in self.stage.viewers.items() if viewer.closed is None]
        return data.draw(st.sampled_from(here)) if here else None

    @rule(role=st.sampled_from(["host", "guest", "guest", "guest"]), media=MEDIA)
    def join(self, role: str, media: Media) -> None:
        try:
            self.stage.join(role=role, media=media)  # type: ignore[arg-type]
        except Refusal:
            self.stage.viewers.popitem()

    @rule(data=st.data(), media=MEDIA)
    def set_media(self, data: st.DataObject, media: Media) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.say(socket, SetMedia(OwnMedia(**asdict(media))))

    @rule(data=st.data(), quality=st.sampled_from(["good", "poor"]))
    def set_quality(self, data: st.DataObject, quality: str) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.say(socket, SetQuality(quality))  # type: ignore[arg-type]

    @rule(data=st.data(), message=ANYTHING)
    def say_anything(self, data: st.DataObject, message: ClientMessage) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.say(socket, message)

    @rule(session=st.integers(1, 9), offer=st.integers(-1, 3), answer=st.none() | st.just("v=0"))
    def hear_of_a_session(self, session: int, offer: int, answer: str | None) -> None:
        actual = ActualSession(session=f"session {session}", offer_id=offer, answer=answer)
        self.stage.do(self.stage.call.actual(actual, self.stage.now, answer))

    @rule(data=st.data(), back=st.booleans())
    def drop(self, data: st.DataObject, back: bool) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.drop(socket)
            if back:
                self.stage.join(resume=self.stage.viewers[socket].resume)

    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.say(socket, Leave())

    @rule(data=st.data())
    def speak(self, data: st.DataObject) -> None:
        if (socket := self.somebody(data)) is not None:
            self.stage.do(self.stage.call.speakers([self.stage.seat(socket)], self.stage.now))

    @rule(seconds=st.sampled_from([0.01, 0.2, 2.0, 50.0]))
    def wait(self, seconds: float) -> None:
        self.stage.wait(seconds)

    @invariant()
    def everybody_knows_what_is_so(self) -> None:
        """After a tick, followers and newcomers see the same; and oneself is always seen."""
        call = self.stage.call
        settled = call.deadline() is None or call.roster.settled
        for viewer in self.stage.viewers.values():
            if viewer.closed is not None:
                continue
            assert viewer.you in viewer.people
            if not settled:
                continue
            own = call.face(viewer.you)
            fresh = call.roster.told.snapshot(own, call.people.total)
            assert viewer.people == {person.number: person for person in fresh.participants}
            assert (viewer.sequence, viewer.total) == (fresh.sequence, fresh.total)


People.TestCase.settings = settings(max_examples=150, stateful_step_count=40)
TestPeople = People.TestCase


def test_what_many_change_is_told_once_a_tick_after_the_people() -> None:
    stage = Stage()
    first, second = stage.join(), stage.join()
    stage.wait(1)
    turn = Turn(stage.now, stage.call.people)
    turn.show(stage.seat(second))
    for size in (1, 2):
        turn.tell_all_soon(Size(size=size, turned_away=0))
    stage.viewers[first].inbox.clear()
    stage.call.roster.show(turn)
    assert stage.do(turn.effects) == []
    assert not stage.call.roster.settled
    stage.wait(1)
    assert stage.viewers[first].got(Size) == [Size(size=2, turned_away=0)]
    stage.wait(10)
    assert stage.viewers[first].got(Size) == []


def test_who_comes_back_otherwise_and_is_at_once_as_before_knows_it() -> None:
    stage = Stage()
    on = Media(screen=True)
    first = stage.join(media=on)
    stage.wait(1)
    stage.drop(first)
    again = stage.join(resume=stage.viewers[first].resume)
    assert not stage.viewers[again].people[1].media.screen
    stage.say(again, SetMedia(OwnMedia(screen=True)))
    stage.wait(1)
    assert stage.viewers[again].people[1].media.screen


def test_changes_of_one_tick_come_together() -> None:
    stage = Stage()
    first = stage.join()
    stage.wait(1)
    stage.viewers[first].got(Change)
    for _ in range(10):
        stage.join()
        stage.wait(told.FASTEST_TICK / 20)
    assert stage.viewers[first].got(Change) == []
    stage.wait(told.FASTEST_TICK * 2)
    (change,) = stage.viewers[first].got(Change)
    assert len(change.joined) == 10
    assert change.total == 11


def test_changes_without_a_pause_do_not_put_off_the_tick() -> None:
    stage = Stage()
    first = stage.join()
    stage.wait(1)
    stage.viewers[first].got(Change)
    for _ in range(10):
        stage.join()
        stage.wait(told.FASTEST_TICK * 0.7)
    assert len(stage.viewers[first].got(Change)) >= 3


@pytest.mark.parametrize(("total", "expected"), [(2, 0.05), (100, 0.05), (300, 0.15), (2000, 1)])
def test_ticks_are_slower_in_large_calls(total: int, expected: float) -> None:
    assert told.Told().interval(total) == pytest.approx(expected)


@pytest.mark.parametrize("total", [told.LARGE_FROM - 1, told.LARGE_FROM])
def test_a_large_call_tells_of_those_that_matter(total: int) -> None:
    stage = Stage()
    host = stage.join("Host", "host")
    speaking = stage.join("Speaking", media=Media(microphone=True))
    last = 0
    for _ in range(total - 2):
        last = stage.join()
    stage.wait(1)
    large = total == told.LARGE_FROM
    assert stage.viewers[host].total == total
    assert len(stage.viewers[host].people) == (2 if large else total)
    expected = {stage.seat(host), stage.seat(speaking), stage.seat(last)}
    assert expected <= stage.viewers[last].people.keys()
    assert len(stage.viewers[last].people) == (3 if large else total)


def test_a_call_that_shrinks_a_little_stays_large() -> None:
    stage = Stage()
    sockets = [stage.join() for _ in range(told.LARGE_FROM)]
    stage.wait(1)
    stage.say(sockets.pop(), Leave())
    stage.wait(1)
    assert list(stage.viewers[sockets[0]].people) == [1]
    while len(sockets) >= told.SMALL_FROM:
        stage.say(sockets.pop(), Leave())
    stage.wait(1)
    assert len(stage.viewers[sockets[0]].people) == told.SMALL_FROM - 1


def test_whoever_spoke_last_is_told_of_before_others() -> None:
    stage = Stage()
    sockets = [stage.join(media=Media(microphone=True)) for _ in range(told.LARGE_FROM)]
    stage.wait(1)
    assert len(stage.viewers[sockets[0]].people) == told.SOURCES_SHOWN
    late = stage.seat(sockets[-1])
    assert late not in stage.viewers[sockets[0]].people
    stage.do(stage.call.speakers([late], stage.now))
    stage.wait(1)
    assert late in stage.viewers[sockets[0]].people
