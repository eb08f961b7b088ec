"""What of a source is taken, and how a viewer's pace is shared among his slots."""

import struct

import pytest

from sfu.kernel.core import KIND_SCREEN_AUDIO
from tests.kernel.peer import (
    MID,
    OPUS,
    REPAIRED_RID,
    VP8_RTX,
    Peer,
    Stage,
    pictures,
    rtp,
    vp8,
)

CHUNK = 1100


def flood(
    stage: Stage, publisher: Peer, *, layer: int, kilobits: int, seconds: int, picture: int = 1
) -> None:
    """Packets of one layer at this rate."""
    interval = CHUNK * 8000 // kilobits
    end, due = stage.now + seconds * 1_000_000, stage.now
    while stage.now < end:
        while due <= stage.now:
            publisher.camera(picture, layer=layer, size=CHUNK)
            due += interval
            picture = picture + 1 & 0x3FFF
        stage.wait(10)


@pytest.mark.parametrize(("layer", "most"), [(0, 600), (1, 2000), (2, 8000)])
def test_a_layer_carries_no_more_than_its_share(stage: Stage, layer: int, most: int) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher, layer=layer)
    publisher.camera(0, layer=layer, keyframe=True)
    flood(stage, publisher, layer=layer, kilobits=15_000, seconds=6)
    carried = sum(len(p.payload) for p in viewer.video()) * 8 / 1000
    assert carried <= most * 7.6, "1.5 s ahead"
    assert carried >= most * 2


@pytest.mark.parametrize(("layer", "rate"), [(0, 150), (1, 500), (2, 1800)])
def test_what_our_client_sends_is_taken_whole(stage: Stage, layer: int, rate: int) -> None:
    """With a keyframe of 0.3 s' worth of bytes every second on top."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    for second in range(5):
        for i in range(rate * 300 // 8 // CHUNK + 1):
            publisher.camera(second * 100 + i, layer=layer, keyframe=i == 0, size=CHUNK)
        flood(stage, publisher, layer=layer, kilobits=rate, seconds=1)
    assert stage.kernel.counters()["dropped_flood"] == 0


def test_what_is_repeated_to_probe_the_line_costs_its_layer_nothing(stage: Stage) -> None:
    """Chromium sends by RTX again what has arrived, to learn whether the line bears more."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher, layer=0)
    for picture in range(100):
        repeated = struct.pack("!H", publisher.next_sequence[1])
        repeated += vp8(picture, keyframe=picture == 0, size=CHUNK)
        publisher.camera(picture, layer=0, keyframe=picture == 0, size=CHUNK)
        for number in range(6 * picture, 6 * picture + 6):
            extensions = {MID: b"1", REPAIRED_RID: b"q"}
            publisher.send(
                rtp(VP8_RTX, number, picture * 5400, 8888, repeated, extensions=extensions)
            )
        stage.wait(60)
        viewer.check()
    assert stage.kernel.counters()["dropped_flood"] == 0
    assert pictures(viewer.video()) == list(range(100))


def test_packets_that_are_all_header_are_carried_no_more(stage: Stage) -> None:
    """10 bytes of payload have 68 around them on every viewer's line."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher, layer=0)
    publisher.camera(0, layer=0, keyframe=True)
    for picture in range(10_000):
        publisher.camera(picture & 0x3FFF, layer=0, size=6)
        if picture % 20 == 0:
            stage.wait(10)
            viewer.check()
    carried = sum(len(p.payload) + 68 for p in viewer.video()) * 8 / 1000
    assert carried <= 600 * 6.6
    assert carried >= 600


def test_packets_that_are_all_header_are_paced_like_others(stage: Stage) -> None:
    """25 slots flooded with them: 38 Mbit/s on a line of 10 were it not so."""
    viewer = stage.join(1)
    viewer.view()
    estimate = (4 << 18 | 125_000).to_bytes(3, "big")
    viewer.send_rtcp(b"\x8f\xce\x00\x04" + bytes(4) + bytes(4) + b"REMB\x01" + estimate)
    publishers = [stage.join(number) for number in range(2, 12)]
    for slot, publisher in enumerate(publishers):
        publisher.publish()
        viewer.show(slot, publisher)
        publisher.camera(0, keyframe=True)
    stage.wait(100)
    viewer.media.clear()
    for step in range(40):
        for publisher in publishers:
            for i in range(40):
                publisher.camera(step * 40 + i, size=6)
        stage.wait(20)
    carried = sum(len(p.payload) + 68 for p in viewer.media) * 8 / 1000
    assert carried <= 10_000 * 0.8 * 1.1


def test_sound_carries_no_more_than_its_share(stage: Stage) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    for _ in range(500):
        publisher.speak(size=1200)
        stage.wait(10)
    assert sum(len(p.payload) for p in viewer.audio()) * 8 / 1000 < 600 * 6.6


def test_sound_of_a_screen_in_stereo_is_taken_whole(stage: Stage) -> None:
    publisher = stage.join(1)
    publisher.publish()
    stage.kernel.expect(
        publisher.handle, KIND_SCREEN_AUDIO, mid=b"3", payload_type=OPUS, clock_rate=48000
    )
    for i in range(500):
        publisher.send(rtp(OPUS, i, 960 * i, 444, b"m" * 1275, extensions={MID: b"3"}))
        stage.wait(20)
    assert stage.kernel.counters()["dropped_flood"] == 0, "510 kbit/s: all that Opus has"


def test_a_flooded_slot_holds_up_neither_the_others_nor_sound(stage: Stage) -> None:
    """Two sources bring 14 Mbit/s on a line of 10; thumbnail and voice of a third come in time."""
    first, second, third, viewer = (stage.join(number) for number in range(1, 5))
    viewer.view()
    estimate = (4 << 18 | 125_000).to_bytes(3, "big")
    viewer.send_rtcp(b"\x8f\xce\x00\x04" + bytes(4) + bytes(4) + b"REMB\x01" + estimate)
    assert stage.kernel.session_stats(viewer.handle)["estimate"] == 4_000_000
    for slot, (publisher, layer) in enumerate(((first, 2), (second, 2), (third, 0))):
        publisher.publish()
        viewer.show(slot, publisher, layer=layer)
        publisher.camera(0, layer=layer, keyframe=True)
    due, picture = stage.now, 1
    late_pictures = late_sound = 0
    for step in range(300):
        while due <= stage.now:
            for publisher in (first, second):
                publisher.camera(picture, size=CHUNK)
            picture = picture + 1 & 0x3FFF
            due += CHUNK * 8000 // 7000
        before = len(viewer.video(2)), len(viewer.audio())
        if step % 5 == 0:
            third.camera(step, layer=0, size=600)
        if step % 2 == 0:
            third.speak()
        late_sound += step % 2 == 0 and len(viewer.audio()) == before[1]
        stage.wait(10)
        stage.wait(10)
        late_pictures += step % 5 == 0 and len(viewer.video(2)) == before[0]
        viewer.check()
    assert late_sound == 0
    assert late_pictures == 0
    assert pictures(viewer.video(2)) == [0, *range(0, 300, 5)]
    assert stage.kernel.counters()["slots_lowered"] > 0, "the line was full"


def test_sound_goes_before_the_pictures_that_came_first(stage: Stage) -> None:
    """While the socket takes nothing both wait; what is heard is the more urgent."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    publisher.speak()
    viewer.media.clear()
    stage.kernel.set_socket(blocked=True)
    publisher.camera(1)
    publisher.speak()
    stage.kernel.set_socket()
    stage.wait(10)
    assert viewer.media == [*viewer.audio(), *viewer.video()]
    assert (len(viewer.audio()), len(viewer.video())) == (1, 1)


def test_what_waits_is_freed_with_its_viewer(stage: Stage) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    for picture in range(1, 800):
        publisher.camera(picture, size=CHUNK)
    stage.kernel.close_session(viewer.handle)
    before = len(viewer.media)
    for picture in range(800, 820):
        publisher.camera(picture)
    stage.wait(2000)
    assert len(viewer.media) == before
