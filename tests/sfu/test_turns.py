"""Turns: fair between parties, in order within one, bounded, each item once."""

import pytest

from sfu.turns import Turns


def taken(turns: Turns[str, int]) -> list[tuple[str, int]]:
    found = []
    while turns:
        found.append(turns.take())
    return found


def test_parties_take_turns() -> None:
    turns: Turns[str, int] = Turns()
    for number in (1, 2, 3):
        turns.add("a", number)
    turns.add("b", 9)
    assert taken(turns) == [("a", 1), ("b", 9), ("a", 2), ("a", 3)]


def test_what_waits_is_there_once_and_keeps_its_place() -> None:
    turns: Turns[str, int] = Turns()
    for number in (1, 2, 1):
        assert turns.add("a", number)
    assert taken(turns) == [("a", 1), ("a", 2)]


def test_the_limit_is_each_partys_own() -> None:
    turns: Turns[str, int] = Turns(limit=1)
    assert turns.add("a", 1)
    assert not turns.add("a", 2)
    assert turns.add("a", 1)
    assert turns.add("b", 2)
    assert taken(turns) == [("a", 1), ("b", 2)]


def test_a_refused_item_leaves_no_party_behind() -> None:
    turns: Turns[str, int] = Turns(limit=0)
    assert not turns.add("a", 1)
    assert not turns
    with pytest.raises(KeyError):
        turns.take()


def test_what_is_put_back_is_passed_by_nobody() -> None:
    turns: Turns[str, int] = Turns()
    for number in (1, 2, 3):
        turns.add("a", number)
    turns.add("b", 9)
    first = [turns.take() for _ in range(4)]
    turns.add("a", 4)
    turns.add("a", 2)
    turns.add("c", 7)
    turns.put_back(first[1:])
    assert taken(turns) == [("b", 9), ("a", 2), ("c", 7), ("a", 3), ("a", 4)]
