"""What the system does not take: a full socket, joined segments, a destination that is none."""

import errno
from collections import Counter

import pytest

from tests.kernel.peer import AUDIO_SSRC, SLOT_SSRC, Peer, Stage, parse

ENOUGH = 20
"""Viewers to whom a frame goes as a run: one message for each."""


def audience(stage: Stage, viewers: int) -> tuple[Peer, list[Peer]]:
    publisher = stage.join(1)
    publisher.publish()
    found = [stage.join(2 + i) for i in range(viewers)]
    for viewer in found:
        viewer.view()
        viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    stage.deliver()
    return publisher, found


def counted(stage: Stage, name: str) -> int:
    return stage.kernel.counters()[name]


def frame(publisher: Peer, picture: int, packets: int, *, size: int = 200) -> None:
    for part in range(packets):
        publisher.camera(picture, size=size, start=part == 0, marker=part == packets - 1)


def send(stage: Stage, publisher: Peer, picture: int, *results: int, size: int = 200) -> int:
    """A picture of three packets, which are one message for each viewer; what becomes of handing
    these over. How many datagrams the system took."""
    stage.kernel.set_socket(results=results)
    before = counted(stage, "datagrams_sent")
    frame(publisher, picture, 3, size=size)
    return counted(stage, "datagrams_sent") - before


def arrived(viewers: list[Peer]) -> Counter[int]:
    """How many have how many packets: with whom a fan-out begins, nobody knows."""
    return Counter(len(viewer.video()) for viewer in viewers)


def shown(viewer: Peer) -> list[int]:
    """Its socket refuses what comes twice under one number (RFC 3711 §3.3.2)."""
    return [packet.sequence - viewer.video()[0].sequence & 0xFFFF for packet in viewer.video()]


def test_a_full_socket_takes_the_rest_later_and_nothing_twice(stage: Stage) -> None:
    publisher, viewers = audience(stage, ENOUGH)
    send(stage, publisher, 1, 2, *[-errno.EAGAIN] * 3)
    assert arrived(viewers) == {4: 2, 1: 18}
    assert counted(stage, "send_blocked") == 1
    frame(publisher, 2, 2)
    assert arrived(viewers) == {4: 2, 1: 18}
    stage.wait(10)
    assert [shown(viewer) for viewer in viewers] == [list(range(6))] * ENOUGH


def test_it_may_be_full_again_and_again(stage: Stage) -> None:
    publisher, viewers = audience(stage, ENOUGH)
    full = -errno.ENOBUFS
    send(stage, publisher, 1, full, full, 1, full, full, 7, full)
    for _ in range(8):
        stage.wait(10)
    assert [shown(viewer) for viewer in viewers] == [list(range(4))] * ENOUGH
    assert counted(stage, "send_blocked") == 5


def test_sound_goes_before_pictures_that_came_first(stage: Stage) -> None:
    """But for what is encrypted already."""
    publisher, viewers = audience(stage, 1)
    order: list[str] = []
    take = viewers[0].take

    def note(data: bytes) -> None:
        take(data)
        if data[0] >> 6 == 2 and not 192 <= data[1] <= 223:
            ssrc = parse(data).ssrc
            order.append({AUDIO_SSRC: "sound", SLOT_SSRC: "picture"}[ssrc])

    viewers[0].take = note  # type: ignore[method-assign]
    send(stage, publisher, 1, *[-errno.EAGAIN] * 8)
    frame(publisher, 2, 2)
    publisher.speak()
    frame(publisher, 3, 2)
    assert order == []
    stage.wait(10)
    assert order == ["picture"] + ["sound"] + ["picture"] * 6
    assert shown(viewers[0]) == list(range(8))


@pytest.mark.parametrize("error", [errno.EIO, errno.EINVAL, errno.EMSGSIZE])
def test_who_takes_no_joined_packets_gets_each_by_itself(stage: Stage, error: int) -> None:
    publisher, viewers = audience(stage, ENOUGH)
    assert send(stage, publisher, 1, -error) == 3 + ENOUGH - 1
    assert send(stage, publisher, 2) == 3 + ENOUGH - 1, "and so it stays for him"
    assert [shown(viewer) for viewer in viewers] == [list(range(7))] * ENOUGH
    assert (counted(stage, "gso_refused"), counted(stage, "send_failed")) == (1, 0)


@pytest.mark.parametrize(("error", "messages"), [(errno.EMSGSIZE, 0), (errno.EIO, 2)])
def test_that_packets_are_too_long_says_nothing_of_shorter_ones(
    stage: Stage, error: int, messages: int
) -> None:
    publisher, viewers = audience(stage, ENOUGH)
    assert send(stage, publisher, 1, -error, size=1280) == 2 + ENOUGH
    assert send(stage, publisher, 2) == messages + ENOUGH
    assert [shown(viewer) for viewer in viewers] == [list(range(7))] * ENOUGH


def test_a_socket_that_is_full_among_single_packets_takes_the_rest_later(stage: Stage) -> None:
    publisher, viewers = audience(stage, ENOUGH)
    send(stage, publisher, 1, -errno.EIO, 1, -errno.EAGAIN)
    assert arrived(viewers) == {2: 1, 1: ENOUGH - 1}
    stage.wait(10)
    assert [shown(viewer) for viewer in viewers] == [list(range(4))] * ENOUGH


def test_one_who_cannot_be_sent_anything_holds_up_nobody(stage: Stage) -> None:
    publisher, viewers = audience(stage, ENOUGH)
    send(stage, publisher, 1, 1, -errno.EHOSTUNREACH, 1, -errno.EPERM)
    assert arrived(viewers) == {4: 18, 1: 2}
    assert counted(stage, "send_failed") == 2
    assert counted(stage, "send_blocked") == 0
