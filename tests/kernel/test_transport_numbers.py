"""Transport-wide numbers: one count over everything that a viewer is sent, if he tells arrivals."""

import struct

from tests.kernel.peer import SLOT_SSRC, Peer, Stage
from tests.kernel.viewer import transport_number


class Wire:
    """Notes what a peer is sent before he reads it."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.numbers: list[int | None] = []
        peer.stage.peers[peer.address] = self  # type: ignore[assignment]

    def take(self, data: bytes) -> None:
        before = len(self.peer.media)
        self.peer.take(data)
        if len(self.peer.media) > before:
            self.numbers.append(transport_number(data))


def watched(stage: Stage, number: int, *, transport_cc: bool) -> Wire:
    viewer = stage.join(number)
    viewer.view(transport_cc=transport_cc)
    return Wire(viewer)


def test_sound_pictures_and_repairs_are_counted_as_they_leave(stage: Stage) -> None:
    one, two = stage.join(1), stage.join(2)
    wire = watched(stage, 3, transport_cc=True)
    for slot, publisher in enumerate((one, two)):
        publisher.publish()
        wire.peer.show(slot, publisher, layer=0)
    for picture in range(8):
        for publisher in (one, two):
            publisher.camera(picture, layer=0, keyframe=picture == 0)
            publisher.speak()
        stage.wait(20)
    first = wire.peer.video(0)[2].sequence
    wire.peer.send_rtcp(struct.pack("!BBHIIHH", 0x81, 205, 3, 1, SLOT_SSRC, first, 0))
    stage.wait(20)
    assert struct.pack("!H", first) in [p.payload[:2] for p in wire.peer.repaired(0)]
    begin = wire.numbers[0]
    assert begin is not None
    assert len(wire.numbers) > 20
    assert wire.numbers == [(begin + i) & 0xFFFF for i in range(len(wire.numbers))]


def test_nothing_is_counted_for_who_does_not_tell(stage: Stage) -> None:
    publisher = stage.join(1)
    publisher.publish()
    wire = watched(stage, 2, transport_cc=False)
    wire.peer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    publisher.speak()
    stage.wait(20)
    assert wire.numbers == [None, None]
