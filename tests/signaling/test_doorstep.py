"""Who waits at the door, and who has to leave it."""

from signaling.doorstep import IN_ALL, PER_ADDRESS, SHARE, Doorstep

PLENTY = IN_ALL * SHARE


def test_a_school_behind_one_address_has_room() -> None:
    doorstep = Doorstep(PLENTY)
    assert {doorstep.enter(socket, "192.0.2.1") for socket in range(2000)} == {None}
    assert PER_ADDRESS > 2000


def test_the_oldest_of_the_same_address_leaves() -> None:
    doorstep = Doorstep(PLENTY)
    assert doorstep.enter(-1, "198.51.100.1") is None
    for socket in range(PER_ADDRESS):
        doorstep.enter(socket, f"2001:db8::{socket:x}")
    assert doorstep.enter(PER_ADDRESS, "2001:db8::ffff") == 0
    doorstep.leave(1)
    assert doorstep.enter(PER_ADDRESS + 1, "2001:db8::1") is None
    assert doorstep.enter(PER_ADDRESS + 2, "2001:db8::1") == 2


def test_in_all_the_oldest_leaves() -> None:
    doorstep = Doorstep(descriptors=3 * SHARE)
    assert [doorstep.enter(n, f"192.0.2.{n}") for n in range(5)] == [None, None, None, 0, 1]
    assert len(doorstep) == 3


def test_nothing_is_left_of_who_left() -> None:
    doorstep = Doorstep(PLENTY)
    for socket in range(5):
        doorstep.enter(socket, "192.0.2.1")
    for socket in (*range(5), 7):
        doorstep.leave(socket)
    assert len(doorstep) == 0
    assert doorstep._by_address == {}
