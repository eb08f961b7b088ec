"""A call of two thousand, on the state machine alone."""

import pytest

from signaling.call.effects import Send, Spread
from signaling.call.parts.size import RESERVED_SEATS
from tests.signaling.stage import Stage
from zvonok.wire.client import Change, Leave, Media, OwnMedia, SetMedia
from zvonok.wire.errors import Refusal
from zvonok.wire.ids import SEATS


@pytest.fixture(scope="module")
def full() -> Stage:
    """Every seat is taken: five moderators and the rest guests, within a minute."""
    stage = Stage()
    for _ in range(RESERVED_SEATS):
        stage.join("Teacher", "host")
    for index in range(SEATS - RESERVED_SEATS):
        stage.join(f"Pupil {index}")
        stage.wait(60 / SEATS)
    stage.wait(2)
    return stage


def test_two_thousand_join_and_one_more_does_not(full: Stage) -> None:
    assert len(full.call.seats) == SEATS
    sockets = list(full.viewers)
    assert {full.viewers[socket].total for socket in sockets} == {SEATS}
    with pytest.raises(Refusal) as refused:
        full.join("Late")
    full.viewers.popitem()
    assert refused.value.body.code == "call_full"
    full.say(sockets[-1], Leave())
    late = full.join("Late")
    assert full.seat(late) == SEATS + 1
    full.wait(2)
    assert len(full.call.seats) == SEATS


def test_a_change_among_two_thousand_is_one_message(full: Stage) -> None:
    speaker = list(full.viewers)[100]
    full.say(speaker, SetMedia(OwnMedia(microphone=True)))
    effects = full.wait(1.1)
    spread = [effect for effect in effects if isinstance(effect, Spread)]
    assert len(spread) == 1
    change = spread[0].message
    assert isinstance(change, Change)
    assert [person.number for person in change.joined] == [full.seat(speaker)]
    assert sum(isinstance(effect, Send) for effect in effects) == 0
    people = full.viewers[list(full.viewers)[50]].people
    assert people[full.seat(speaker)].media == Media(microphone=True)
    assert len(people) == RESERVED_SEATS + 2
