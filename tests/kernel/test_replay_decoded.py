"""What a late joiner is sent, through libvpx: his picture is the publisher's."""

from fractions import Fraction
from itertools import groupby

import av
import numpy as np
import pytest

from tests.kernel.peer import MID, RID, VP8, Peer, Received, Stage, rtp

WIDTH, HEIGHT, PART = 160, 96, 1100
RATE = 20


def encoded(count: int) -> list[bytes]:
    """One keyframe, then pictures that each need the one before."""
    context = av.CodecContext.create("libvpx", "w")
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base = Fraction(1, RATE)
    context.bit_rate = 200_000
    context.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    context.gop_size = 10_000
    noise = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH + count, 3), dtype=np.uint8)
    found = []
    for at in range(count):
        moved = np.ascontiguousarray(noise[:, at : at + WIDTH])
        frame = av.VideoFrame.from_ndarray(moved, "rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = at, context.time_base
        found += [bytes(packet) for packet in context.encode(frame)]
    assert [f[0] & 1 for f in found] == [0] + [1] * (count - 1)
    return found


def decoded(frames: list[bytes]) -> list[np.ndarray]:
    context = av.CodecContext.create("libvpx", "r")
    return [f.to_ndarray() for data in frames for f in context.decode(av.Packet(data))]


def send(stage: Stage, publisher: Peer, picture: int, frame: bytes) -> None:
    parts = [frame[at : at + PART] for at in range(0, len(frame), PART)]
    for at, part in enumerate(parts):
        publisher.next_sequence[3] += 1
        descriptor = bytes([0x80 if at else 0x90, 0x80, 0x80 | picture >> 8, picture & 0xFF])
        publisher.send(
            rtp(
                VP8,
                publisher.next_sequence[3],
                picture * 90_000 // RATE,
                103,
                descriptor + part,
                marker=at == len(parts) - 1,
                extensions={MID: b"1", RID: b"f"},
            )
        )
    publisher.check()
    stage.wait(1000 // RATE)


def frames_of(packets: list[Received]) -> list[bytes]:
    in_order = sorted(packets, key=lambda p: p.sequence - packets[0].sequence & 0xFFFF)
    return [
        b"".join(p.payload[4:] for p in of_one)
        for _, of_one in groupby(in_order, key=lambda p: p.timestamp)
    ]


@pytest.mark.parametrize("joins", [1, 5, 9])
def test_a_late_joiner_sees_what_the_publisher_shows(stage: Stage, joins: int) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    frames = encoded(20)
    for picture, frame in enumerate(frames):
        if picture == joins:
            viewer.show(0, publisher)
        send(stage, publisher, picture, frame)
    stage.wait(1000)
    seen = frames_of(viewer.video())
    assert seen == frames
    for ours, theirs in zip(decoded(frames), decoded(seen), strict=True):
        assert np.array_equal(ours, theirs)


def test_a_long_group_leaves_no_damage(stage: Stage) -> None:
    """A still, and then nothing that needs what the viewer has not."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    first, second = encoded(45), encoded(10)
    for picture, frame in enumerate(first):
        send(stage, publisher, picture, frame)
    viewer.show(0, publisher)
    send(stage, publisher, 45, first[-1])
    for picture, frame in enumerate(second):
        send(stage, publisher, 46 + picture, frame)
    seen = frames_of(viewer.video())
    assert seen == [first[0], *second]
    expected = [decoded(first)[0], *decoded(second)]
    for ours, theirs in zip(expected, decoded(seen), strict=True):
        assert np.array_equal(ours, theirs)
