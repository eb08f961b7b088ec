"""What of a source reaches a slot, and under which numbers."""

import struct

import pytest

from sfu.kernel.core import KIND_CAMERA, KIND_MICROPHONE
from tests.kernel.peer import SLOT_SSRC, Peer, Stage, pictures, rtp
from zvonok.wire.ids import VIDEO_SLOTS


def pair(stage: Stage) -> tuple[Peer, Peer]:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    return publisher, viewer


def picture_ids(viewer: Peer, slot: int = 0) -> list[int]:
    return [struct.unpack("!H", p.payload[2:4])[0] & 0x7FFF for p in viewer.video(slot)]


def test_video_starts_at_a_keyframe_and_names_its_source(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0)
    publisher.camera(1, keyframe=True)
    publisher.camera(2)
    assert pictures(viewer.video()) == [1, 2]
    assert {p.csrc for p in viewer.video()} == {1 * 4 + KIND_CAMERA}
    first, second = viewer.video()
    assert second.sequence == (first.sequence + 1) & 0xFFFF
    assert second.timestamp - first.timestamp == 5400


def test_a_shown_source_is_asked_for_a_keyframe(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    publisher.camera(0)
    viewer.show(0, publisher)
    assert (206, 1) in [(kind, count) for kind, count, _ in publisher.rtcp]


def test_keyframe_requests_of_many_viewers_are_pooled(stage: Stage) -> None:
    publisher = stage.join(1)
    publisher.publish()
    publisher.camera(0)
    for number in range(2, 12):
        viewer = stage.join(number)
        viewer.view()
        viewer.show(0, publisher)
    assert [count for kind, count, _ in publisher.rtcp if kind == 206] == [1]
    stage.wait(600)
    publisher.camera(1)
    stage.wait(60)
    assert [count for kind, count, _ in publisher.rtcp if kind == 206] == [1, 1]


def test_what_nobody_shows_is_not_forwarded(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    for picture in range(5):
        publisher.camera(picture, keyframe=picture == 0)
    assert viewer.media == []


def test_every_slot_shows_another_picture(stage: Stage) -> None:
    viewer = stage.join(100)
    viewer.view()
    publishers = [stage.join(1 + slot) for slot in range(VIDEO_SLOTS)]
    for slot, publisher in enumerate(publishers):
        publisher.publish()
        viewer.show(slot, publisher)
    for publisher in publishers:
        publisher.camera(0, keyframe=True)
    stage.wait(60)
    for slot, publisher in enumerate(publishers):
        assert {p.csrc // 4 for p in viewer.video(slot)} == {publisher.number}, slot
    with pytest.raises(ValueError, match=f"0 to {VIDEO_SLOTS - 1}"):
        viewer.show(VIDEO_SLOTS, publishers[0])


def test_a_cleared_slot_falls_silent(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    stage.kernel.clear_slot(viewer.handle, 0)
    publisher.camera(1)
    assert pictures(viewer.video()) == [0]


def test_switching_sources_stays_contiguous_and_monotonic(stage: Stage) -> None:
    first, second, viewer = stage.join(1), stage.join(2), stage.join(3)
    first.publish()
    second.publish()
    viewer.view()
    viewer.show(0, first)
    for picture in range(100, 103):
        first.camera(picture, keyframe=picture == 100)
        stage.wait(60)
    viewer.show(0, second)
    first.camera(103)
    second.camera(7)
    second.camera(8, keyframe=True)
    second.camera(9)
    seen = viewer.video()
    assert pictures(seen) == [100, 101, 102, 8, 9]
    assert {p.ssrc for p in seen} == {SLOT_SSRC}
    assert [p.sequence - seen[0].sequence & 0xFFFF for p in seen] == [0, 1, 2, 3, 4]
    ids = picture_ids(viewer)
    assert [i - ids[0] & 0x7FFF for i in ids] == [0, 1, 2, 3, 4]
    steps = [b.timestamp - a.timestamp & 0xFFFFFFFF for a, b in zip(seen, seen[1:], strict=False)]
    assert all(0 < step < 90000 for step in steps)
    assert [p.csrc // 4 for p in seen] == [1, 1, 1, 2, 2]


def test_layers_switch_at_a_keyframe_of_the_new_layer(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher, layer=0)
    for layer in range(3):
        publisher.camera(10, layer=layer, keyframe=True, size=100 * (layer + 1))
    publisher.hide_past()
    viewer.show(0, publisher, layer=2)
    publisher.camera(11, layer=0)
    publisher.camera(11, layer=2)
    publisher.camera(12, layer=2, keyframe=True, size=300)
    publisher.camera(12, layer=0)
    publisher.camera(13, layer=2, size=300)
    assert pictures(viewer.video()) == [10, 11, 12, 13]
    assert [len(p.payload) for p in viewer.video()] == [104, 204, 304, 304]


def test_a_layer_that_stops_is_replaced_by_one_that_arrives(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher, layer=2)
    publisher.camera(0, layer=2, keyframe=True)
    for picture in range(1, 16):
        publisher.camera(picture, layer=0)
        stage.wait(60)
    publisher.camera(16, layer=0, keyframe=True)
    publisher.camera(17, layer=0)
    assert pictures(viewer.video()) == [0, 16, 17]


def test_upstream_gaps_stay_open_and_late_packets_fit(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    late = publisher.camera_packet(1)
    publisher.camera(2)
    publisher.send(late)
    seen = viewer.video()
    assert pictures(seen) == [0, 2, 1]
    assert [p.sequence - seen[0].sequence & 0xFFFF for p in seen] == [0, 2, 1]


def test_padding_only_packets_leave_no_gap(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    padding = publisher.camera_packet(0)
    sequence = struct.unpack("!H", padding[2:4])[0]
    publisher.send(rtp(96, sequence, 0, 103, b"", padding=200))
    publisher.camera(1)
    seen = viewer.video()
    assert pictures(seen) == [0, 1]
    assert seen[1].sequence == (seen[0].sequence + 1) & 0xFFFF


def test_a_closed_gate_stops_video_until_the_next_keyframe(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    stage.kernel.set_gate(publisher.handle, KIND_CAMERA, False)
    publisher.camera(1)
    assert pictures(viewer.video()) == [0]
    stage.kernel.set_gate(publisher.handle, KIND_CAMERA, True)
    publisher.camera(2)
    publisher.camera(3, keyframe=True)
    assert pictures(viewer.video()) == [0, 3]
    assert stage.kernel.counters()["dropped_gate"] == 1


def test_a_closed_gate_stops_sound_at_once(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    publisher.speak()
    stage.kernel.set_gate(publisher.handle, KIND_MICROPHONE, False)
    for _ in range(50):
        publisher.speak(level=10)
    assert len(viewer.audio()) == 1
    assert stage.kernel.counters()["dropped_gate"] == 50


def test_gates_are_closed_until_opened(stage: Stage) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish(gate=False)
    viewer.view()
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    publisher.speak()
    assert viewer.media == []


def test_one_viewer_may_show_one_source_in_two_slots(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher, layer=0)
    viewer.show(5, publisher, layer=2)
    for layer in range(3):
        publisher.camera(1, layer=layer, keyframe=True, size=100 * (layer + 1))
    publisher.camera(2, layer=0, keyframe=True, size=100)
    publisher.camera(2, layer=2, keyframe=True, size=300)
    assert pictures(viewer.video(0))[-1] == 2
    assert pictures(viewer.video(5))[-1] == 2
    assert len(viewer.video(5)[-1].payload) == 304


def test_a_publisher_who_leaves_frees_the_slots_that_showed_him(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    stage.kernel.close_session(publisher.handle)
    stage.kernel.events()
    other = stage.join(9)
    other.publish()
    viewer.show(0, other)
    other.camera(5, keyframe=True)
    assert pictures(viewer.video()) == [0, 5]
    assert [p.csrc // 4 for p in viewer.video()] == [1, 9]


def test_a_viewer_who_leaves_stops_nobody_else(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    other = stage.join(3)
    other.view()
    for who in (viewer, other):
        who.show(0, publisher)
    publisher.camera(0, keyframe=True)
    stage.kernel.close_session(viewer.handle)
    publisher.camera(1)
    stage.wait(1100)
    publisher.camera(2)
    assert pictures(other.video()) == [0, 1, 2]
    assert pictures(viewer.video()) == [0]


def test_a_new_ssrc_for_the_same_source_starts_over(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    publisher.number = 77
    publisher.camera(30)
    publisher.camera(31, keyframe=True)
    seen = viewer.video()
    assert pictures(seen) == [0, 31]
    assert seen[1].sequence == (seen[0].sequence + 1) & 0xFFFF


@pytest.mark.parametrize(("lost", "seconds"), [(300, 6), (300, 0.5), (50, 2)])
def test_what_a_publisher_lost_on_his_way_is_not_charged_to_the_viewer(
    stage: Stage, lost: int, seconds: float
) -> None:
    """A cut of his line would make everybody's own connection look bad."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    publisher.speak()
    for _ in range(lost):
        publisher.camera_packet(1)
    publisher.next_sequence[0] += lost
    stage.wait(int(seconds * 1000))
    publisher.camera(2)
    publisher.camera(3, keyframe=True)
    publisher.camera(4)
    publisher.speak()
    assert pictures(viewer.video()) == [0, 3, 4]
    for received in (viewer.video(), viewer.audio()):
        numbers = [p.sequence for p in received]
        assert numbers == [(numbers[0] + i) & 0xFFFF for i in range(len(numbers))]
    assert len(viewer.audio()) == 2


def test_a_slow_source_is_repaired_and_not_begun_anew(stage: Stage) -> None:
    """A shared screen sends a packet now and then: one that is lost costs no keyframe."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    stage.wait(1500)
    lost = publisher.camera_packet(1)
    stage.wait(1500)
    before = stage.kernel.counters()["keyframes_requested"]
    publisher.camera(2)
    stage.wait(20)
    publisher.send(lost)
    publisher.camera(3)
    assert pictures(viewer.video()) == [0, 2, 1, 3]
    assert viewer.decoded() == [0, 1, 2, 3]
    assert stage.kernel.counters()["keyframes_requested"] == before


@pytest.mark.parametrize("hours", [1, 7, 10, 13, 20, 30])
def test_a_slot_that_was_idle_overnight_shows_whoever_comes(stage: Stage, hours: int) -> None:
    """Half of all time stamps have passed after 6.6 h of pictures and 12.4 h of sound."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    publisher.speak()
    for _ in range(hours * 3):
        stage.now += 20 * 60_000_000
        publisher.check()
        viewer.check()
    stage.wait(1000)
    seen, heard = len(viewer.video()), len(viewer.audio())
    for picture in range(1, 7):
        publisher.camera(picture, keyframe=picture == 1)
        publisher.speak()
        stage.wait(20)
    assert pictures(viewer.video()[seen:]) == [1, 2, 3, 4, 5, 6]
    for received, step in ((viewer.video()[seen:], 5400), (viewer.audio()[heard:], 960)):
        stamps = [p.timestamp for p in received]
        assert stamps == [(stamps[0] + step * i) & 0xFFFFFFFF for i in range(6)]
