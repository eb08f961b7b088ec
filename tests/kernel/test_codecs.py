"""What a packet is by its payload type, its padding and the size of its picture."""

import struct

import pytest

from sfu.kernel.core import EVENT_SOURCE, KIND_CAMERA
from tests.kernel.peer import LEVEL, MID, OPUS, REPAIRED_RID, RID, VP8, Peer, Stage, rtp, vp8
from tests.kernel.test_forward import pair

H264, RED, COMFORT_NOISE = 102, 63, 13


def masks(stage: Stage, publisher: Peer) -> list[int]:
    return [
        layers
        for kind, session, source, layers, _ in stage.kernel.events()
        if (kind, session, source) == (EVENT_SOURCE, publisher.handle, KIND_CAMERA)
    ]


@pytest.mark.parametrize("payload_type", [RED, COMFORT_NOISE])
def test_sound_that_was_not_answered_is_dropped(stage: Stage, payload_type: int) -> None:
    publisher, viewer = pair(stage)
    extensions = {MID: b"0", LEVEL: bytes([20])}
    publisher.send(rtp(payload_type, 1, 960, 7, b"s" * 60, extensions=extensions))
    assert stage.kernel.counters()["dropped_unknown_ssrc"] == 1, "it binds nothing"
    publisher.send(rtp(OPUS, 2, 1920, 7, b"s" * 60, extensions=extensions))
    publisher.send(rtp(payload_type, 3, 2880, 7, b"s" * 60, extensions=extensions))
    publisher.send(rtp(OPUS, 4, 3840, 7, b"s" * 60, extensions=extensions))
    assert len(viewer.audio()) == 2
    assert {p.payload_type for p in viewer.audio()} == {OPUS}
    assert stage.kernel.counters()["dropped_codec"] == 1


def test_pictures_that_were_not_answered_are_dropped(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    extensions = {MID: b"1", RID: b"f"}
    publisher.send(rtp(H264, 4001, 5400, 103, vp8(1, keyframe=True), extensions=extensions))
    publisher.send(rtp(H264, 1, 5400, 990, vp8(1, keyframe=True), extensions=extensions))
    extensions = {MID: b"1", REPAIRED_RID: b"f"}
    again = struct.pack("!H", 2999) + vp8(1, keyframe=True)
    publisher.send(rtp(VP8, 1, 5400, 991, again, extensions=extensions))
    assert len(viewer.video()) == 1
    assert stage.kernel.counters()["dropped_codec"] == 1
    assert stage.kernel.counters()["dropped_unknown_ssrc"] == 2


def test_padding_alone_is_no_layer(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, layer=0, keyframe=True)
    assert masks(stage, publisher) == [0b001]
    for i in range(40):
        extensions = {MID: b"1", RID: b"f"}
        publisher.send(rtp(VP8, i, 0, 103, b"", padding=200, extensions=extensions))
        publisher.camera(i + 1, layer=0)
        stage.wait(50)
    assert masks(stage, publisher) == []
    assert len(viewer.video()) == 41
    publisher.next_sequence[3] = 40
    publisher.camera(41, layer=2, keyframe=True)
    assert masks(stage, publisher) == [0b101]


def test_padding_keeps_no_layer_that_has_stopped(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    for layer in (0, 2):
        publisher.camera(0, layer=layer, keyframe=True)
    for i in range(40):
        extensions = {MID: b"1", RID: b"f"}
        publisher.send(rtp(VP8, 4001 + i, 0, 103, b"", padding=200, extensions=extensions))
        publisher.camera(i + 1, layer=0, keyframe=i == 30)
        publisher.hide_past()
        stage.wait(50)
    assert masks(stage, publisher)[-1] == 0b001
    assert len(viewer.video()) == 2 + 10, "the small one takes over at its keyframe"


def key(picture: int, width: int, height: int) -> bytes:
    """A keyframe's first packet (RFC 6386 §9.1): frame tag, start code, sizes."""
    descriptor = vp8(picture)[:4]
    return descriptor + bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height) + bytes(50)


SIZES = {320: 180, 640: 360, 1280: 720}


@pytest.mark.parametrize("widths", [(320, 640, 1280), (1280, 640, 320), (640, 1280, 320)])
def test_the_nearest_layer_is_the_next_by_the_size_of_its_pictures(
    stage: Stage, widths: tuple[int, int, int]
) -> None:
    """Whatever order they were offered in: who wants the middle one gets the small one."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher, layer=widths.index(640))
    for picture in range(30):
        for layer, width in enumerate(widths):
            if width == 640 and picture:
                continue
            sequence = publisher.next_sequence[layer + 1]
            publisher.next_sequence[layer + 1] += 1
            payload = key(picture, width, SIZES[width])
            extensions = {MID: b"1", RID: (b"q", b"h", b"f")[layer]}
            packet = rtp(VP8, sequence, picture * 3000, 101 + layer, payload, extensions=extensions)
            publisher.send(packet)
        stage.wait(50)
    last = viewer.video()[-1].payload
    assert struct.unpack("<H", last[10:12])[0] == 320


def test_what_a_layer_may_carry_goes_by_its_rank(stage: Stage) -> None:
    """Offered with the largest first, the largest may still carry what it needs."""
    publisher = stage.join(1)
    publisher.publish()
    sequence = 0
    for layer, width in enumerate((1280, 640, 320)):
        extensions = {MID: b"1", RID: (b"q", b"h", b"f")[layer]}
        payload = key(0, width, SIZES[width])
        publisher.send(rtp(VP8, 1, 0, 101 + layer, payload, extensions=extensions))
    for sequence in range(2, 2000):
        publisher.send(rtp(VP8, sequence, sequence * 300, 101, vp8(sequence, size=1000)))
        stage.wait(10) if sequence % 4 == 0 else None
    assert stage.kernel.counters()["dropped_flood"] == 0, "3.2 Mbit/s"
