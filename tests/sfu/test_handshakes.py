"""Who may shake hands at once, and who gives way; see also the handshakes of test_engine.py."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import pytest

from sfu import handshakes
from sfu.handshakes import YIELDS_AFTER, Handshakes

if TYPE_CHECKING:
    from sfu.session import Session

NOW = 100.0
HERE, THERE = (1, 0), (2, 0)


@dataclass(eq=False)
class Party:
    """As much of a session as is looked at."""

    call: str = "c"
    progress_at: float = 0.0

    def as_session(self) -> "Session":
        return cast("Session", self)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "AT_ONCE", 4)
    monkeypatch.setattr(handshakes, "OF_CALL", 2)
    monkeypatch.setattr(handshakes, "OF_ADDRESS", 3)


def admit(shaking: Handshakes, party: Party, address: tuple[int, int] = HERE) -> list[Party] | None:
    """Who left for it, as the engine removes them; None: it has to wait."""
    leaving = shaking.admit(party.as_session(), address, NOW)
    for slow in leaving or ():
        shaking.remove(slow)
    return cast("list[Party] | None", leaving)


def test_one_that_leaves_makes_room_in_all_its_groups() -> None:
    """The slowest of the address keeps its place: the call's slowest has left from there too."""
    shaking = Handshakes()
    oldest, slow, other = Party("other", 1.0), Party("c", 2.0), Party("c", 3.0)
    for party in (oldest, slow, other):
        assert admit(shaking, party) == []
    assert admit(shaking, Party("c")) == [slow]
    assert oldest.as_session() in shaking


def test_two_leave_where_no_one_is_in_the_way_of_both() -> None:
    shaking = Handshakes()
    here = [Party(f"call {number}", number) for number in range(3)]
    for party in here:
        assert admit(shaking, party) == []
    there = Party("c", 3.0)
    assert admit(shaking, there, THERE) == []
    assert admit(shaking, Party("c", 4.0)) == [here[0]], "of all, and of the address as well"
    assert admit(shaking, Party("c")) == [here[1], there], "of all, then of the call"


@pytest.mark.parametrize(("silent", "yields"), [(YIELDS_AFTER, True), (YIELDS_AFTER / 2, False)])
def test_only_what_has_stalled_gives_way(silent: float, yields: bool) -> None:
    shaking = Handshakes()
    stalled = Party("c", NOW - silent)
    for party in (stalled, Party("c", NOW)):
        admit(shaking, party)
    newcomer = Party("c", NOW)
    assert admit(shaking, newcomer) == ([stalled] if yields else None)
    assert (newcomer.as_session() in shaking) is yields


def test_places_are_counted_until_the_last_has_gone() -> None:
    shaking = Handshakes()
    first, second, third = Party("c", NOW), Party("c", NOW), Party("c", NOW)
    for party in (first, second):
        admit(shaking, party)
    shaking.remove(first.as_session())
    shaking.remove(first.as_session())
    assert admit(shaking, third) == []
    assert admit(shaking, Party("c", NOW)) is None
    for party in (second, third):
        shaking.remove(party.as_session())
    assert shaking._members == {}, "what is remembered of each address would pile up"
