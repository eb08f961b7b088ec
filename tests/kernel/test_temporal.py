"""Temporal layers of VP8: what a viewer is not given leaves no gap that he would wait for."""

import struct

import pytest

from sfu.kernel.core import KIND_CAMERA
from sfu.kernel.reference import parse_vp8
from tests.kernel.peer import Peer, Stage

PATTERN = (
    (0, False),
    (2, True),
    (1, True),
    (2, True),
    (0, False),
    (2, False),
    (1, False),
    (2, False),
)
"""Layer of each picture and whether it needs layer 0 alone, as Chromium's three layers are."""


class Camera:
    """A publisher with three temporal layers."""

    def __init__(self, publisher: Peer) -> None:
        self.publisher = publisher
        self.picture = 0
        self.tl0 = 0

    def next(self, *, keyframe: bool = False) -> bytes:
        """A picture of one packet, not sent yet."""
        layer, sync = PATTERN[self.picture % len(PATTERN)]
        self.tl0 += layer == 0
        packet = self.publisher.camera_packet(
            self.picture, keyframe=keyframe, temporal=(layer, self.tl0, sync)
        )
        self.picture += 1
        return packet

    def send(self, pictures: int) -> None:
        for _ in range(pictures):
            self.publisher.send(self.next(keyframe=self.picture == 0))
            self.publisher.stage.wait(30)


def show(viewer: Peer, publisher: Peer, temporal: int) -> None:
    kernel = viewer.stage.kernel
    kernel.set_slot(viewer.handle, 0, publisher.handle, KIND_CAMERA, 2, temporal=temporal)


def pair(stage: Stage, temporal: int) -> tuple[Camera, Peer]:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    show(viewer, publisher, temporal)
    return Camera(publisher), viewer


def layers(viewer: Peer) -> list[int]:
    return [parse_vp8(p.payload).rest[0] >> 6 for p in viewer.video()]


def assert_contiguous(viewer: Peer) -> None:
    got = viewer.video()
    ids = [parse_vp8(p.payload).picture for p in got]
    for before, after in zip(got, got[1:], strict=False):
        assert after.sequence == (before.sequence + 1) & 0xFFFF
    assert ids == list(range(ids[0], ids[0] + len(ids)))


@pytest.mark.parametrize(("temporal", "expected"), [(0, [0] * 4), (1, [0, 1] * 4)])
def test_what_is_not_given_closes_up(stage: Stage, temporal: int, expected: list[int]) -> None:
    camera, viewer = pair(stage, temporal)
    camera.send(16)
    assert layers(viewer) == expected
    assert_contiguous(viewer)


def test_more_begins_where_it_needs_only_what_is_there(stage: Stage) -> None:
    """Of layer 1 first: a picture of layer 2 may need the last one of layer 1, which never came."""
    camera, viewer = pair(stage, 0)
    camera.send(4)
    show(viewer, camera.publisher, 2)
    camera.send(12)
    assert layers(viewer) == [0, 0, 0, 1, 2, 0, 2, 1, 2]
    assert_contiguous(viewer)


def test_less_begins_at_once(stage: Stage) -> None:
    camera, viewer = pair(stage, 2)
    camera.send(8)
    show(viewer, camera.publisher, 0)
    camera.send(8)
    assert layers(viewer)[8:] == [0, 0]
    assert_contiguous(viewer)


def test_what_comes_late_fits_where_its_number_was_kept(stage: Stage) -> None:
    """The publisher's line lost a picture of layer 2: whether it would be left out nobody knew."""
    camera, viewer = pair(stage, 0)
    camera.send(1)
    late = camera.next()
    camera.send(6)
    before = len(viewer.video())
    assert layers(viewer) == [0, 0]
    assert viewer.video()[1].sequence - viewer.video()[0].sequence == 2
    camera.publisher.send(late)
    assert len(viewer.video()) == before + 1
    assert viewer.video()[-1].sequence == viewer.video()[0].sequence + 1


def test_what_was_left_out_is_not_repaired(stage: Stage) -> None:
    """Its number went to the next: a repetition must be of that."""
    camera, viewer = pair(stage, 0)
    camera.send(5)
    first, second = viewer.video()
    viewer.send_rtcp(struct.pack("!BBHIIHH", 0x81, 205, 3, 1, first.ssrc, second.sequence, 0))
    stage.wait(10)
    assert viewer.repaired()[0].payload == struct.pack("!H", second.sequence) + second.payload
