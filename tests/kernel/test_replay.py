"""Who begins with a source is shown at once what it has sent since its newest keyframe."""

import random
import struct
from collections.abc import Iterator

import pytest

from sfu.kernel.core import KIND_CAMERA, KIND_SCREEN, SteppedKernel
from tests.kernel.peer import MID, SLOT_SSRC, VP8, Peer, Received, Stage, pictures, rtp, vp8

FRAME = 50
STAMPS = 5400


@pytest.fixture
def big_stage() -> Iterator[Stage]:
    stage = Stage(kernel=SteppedKernel(max_sessions=256))
    yield stage
    stage.kernel.close()


def pli(slot: int = 0) -> bytes:
    return struct.pack("!BBHII", 0x81, 206, 2, 1, SLOT_SSRC + slot)


def asked(publisher: Peer) -> int:
    return len([kind for kind, count, _ in publisher.rtcp if (kind, count) == (206, 1)])


def camera(
    stage: Stage, publisher: Peer, first: int, end: int, *, layers: tuple[int, ...] = (2,)
) -> None:
    """A keyframe and pictures that need all before them, one packet each."""
    for picture in range(first, end):
        for layer in layers:
            publisher.camera(picture, layer=layer, keyframe=picture == first)
        publisher.check()
        stage.wait(FRAME)


def live(stage: Stage, publisher: Peer, first: int, end: int, *, layer: int = 2) -> None:
    for picture in range(first, end):
        publisher.camera(picture, layer=layer)
        stage.wait(FRAME)


def lesson(stage: Stage) -> tuple[Peer, Peer]:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    return publisher, viewer


def described(packets: list[Received]) -> list[int]:
    return [struct.unpack("!H", p.payload[2:4])[0] & 0x7FFF for p in packets]


def assert_runs_on(packets: list[Received]) -> None:
    """As one stream: a decoder waits for nothing."""
    for before, after in zip(packets, packets[1:], strict=False):
        assert after.sequence == before.sequence + 1 & 0xFFFF
        assert 0 < (after.timestamp - before.timestamp & 0xFFFFFFFF) < 1 << 31
    ids = described(packets)
    assert [n - ids[0] & 0x7FFF for n in ids] == list(range(len(ids)))


def test_a_late_joiner_gets_the_group_at_once_and_nobody_is_asked(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    camera(stage, publisher, 0, 30)
    viewer.show(0, publisher)
    assert pictures(viewer.video()) == list(range(30)), "without a wait"
    live(stage, publisher, 30, 60)
    assert pictures(viewer.video()) == list(range(60))
    assert asked(publisher) == 0
    assert_runs_on(viewer.video())


def test_a_long_group_is_a_still_until_the_next_keyframe(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    camera(stage, publisher, 0, 50)
    viewer.show(0, publisher)
    assert pictures(viewer.video()) == [0]
    assert asked(publisher) == 1
    live(stage, publisher, 50, 60)
    assert pictures(viewer.video()) == [0], "pictures that need others are left out"
    camera(stage, publisher, 60, 70)
    assert pictures(viewer.video()) == [0, *range(60, 70)]
    assert_runs_on(viewer.video())


def test_replayed_time_stamps_are_those_of_one_moment(stage: Stage) -> None:
    """A jitter buffer would take true ones for a line on which everything is two seconds late."""
    publisher, viewer = lesson(stage)
    camera(stage, publisher, 0, 30)
    viewer.show(0, publisher)
    live(stage, publisher, 30, 40)
    stamps = [p.timestamp for p in viewer.video()]
    assert stamps[29] - stamps[0] & 0xFFFFFFFF < 90_000 // 50, "20 ms for all 30 pictures"
    assert stamps[30] - stamps[29] & 0xFFFFFFFF < 2 * STAMPS
    assert [b - a & 0xFFFFFFFF for a, b in zip(stamps[30:], stamps[31:], strict=False)] == (
        [STAMPS] * 9
    )


def test_a_lower_layer_begins_at_once_when_its_group_is_short(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.show(0, publisher)
    camera(stage, publisher, 0, 20, layers=(0, 2))
    before = len(viewer.video())
    viewer.show(0, publisher, layer=0)
    assert pictures(viewer.video()[before:]) == list(range(20))
    live(stage, publisher, 20, 40, layer=0)
    assert pictures(viewer.video()[before:]) == list(range(40))
    assert asked(publisher) == 0
    assert_runs_on(viewer.video())


def test_a_layer_with_a_long_group_goes_on_until_the_other_begins(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.show(0, publisher)
    camera(stage, publisher, 0, 50, layers=(0, 2))
    viewer.show(0, publisher, layer=0)
    assert asked(publisher) == 1
    for picture in range(50, 55):
        for layer in (0, 2):
            publisher.camera(picture, layer=layer)
        stage.wait(FRAME)
    assert pictures(viewer.video())[-55:] == list(range(55)), "no still in between, and no pause"


def screen(stage: Stage) -> tuple[Peer, Peer]:
    sharer, viewer = stage.join(1), stage.join(2)
    viewer.view()
    stage.kernel.expect(sharer.handle, KIND_SCREEN, mid=b"2", payload_type=VP8)
    stage.kernel.set_gate(sharer.handle, KIND_SCREEN, True)
    return sharer, viewer


def screen_packet(number: int, at: float, *, keyframe: bool = False) -> bytes:
    return rtp(
        VP8,
        number,
        int(at * 90_000),
        9999,
        vp8(number, keyframe=keyframe),
        marker=True,
        extensions={MID: b"2"},
    )


def stand_still(stage: Stage, seconds: int, *peers: Peer) -> None:
    for _ in range(seconds):
        stage.wait(1000)
        for peer in peers:
            peer.check()


@pytest.mark.parametrize("seconds", [4, 60, 600])
def test_a_screen_that_stands_still_is_shown_at_once(stage: Stage, seconds: int) -> None:
    sharer, viewer = screen(stage)
    for number in range(1, 11):
        sharer.send(screen_packet(number, number, keyframe=number == 1))
        stand_still(stage, 1, sharer, viewer)
    stand_still(stage, seconds, sharer, viewer)
    stage.kernel.set_slot(viewer.handle, 0, sharer.handle, KIND_SCREEN, 0)
    stage.deliver()
    assert pictures(viewer.video()) == list(range(1, 11))
    assert asked(sharer) == 0
    stand_still(stage, 5, sharer, viewer)
    sharer.send(screen_packet(11, 10 + seconds + 5))
    assert pictures(viewer.video()) == list(range(1, 12))
    assert_runs_on(viewer.video())
    stamps = [p.timestamp for p in viewer.video()]
    assert stamps[9] - stamps[0] & 0xFFFFFFFF < 90_000 // 4
    assert stamps[10] - stamps[9] & 0xFFFFFFFF < 7 * 90_000, "five seconds, and no ten minutes"


def test_what_came_before_a_gate_opened_is_replayed_to_nobody(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    stage.kernel.set_gate(publisher.handle, KIND_CAMERA, False)
    viewer.show(0, publisher)
    camera(stage, publisher, 0, 10)
    stage.kernel.set_gate(publisher.handle, KIND_CAMERA, True)
    stage.deliver()
    live(stage, publisher, 10, 15)
    assert not viewer.video()
    camera(stage, publisher, 15, 20)
    assert pictures(viewer.video()) == list(range(15, 20))


def test_what_was_shown_in_one_room_is_not_replayed_in_another(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    camera(stage, publisher, 0, 10)
    for peer in (publisher, viewer):
        stage.kernel.set_room(peer.handle, 2)
    viewer.show(0, publisher)
    assert not viewer.video()
    assert asked(publisher) == 1


def test_a_viewer_who_misses_something_is_shown_the_group_once_more(stage: Stage) -> None:
    """His publisher's line is spared. What does not help once is not repeated."""
    publisher, viewer = lesson(stage)
    viewer.show(0, publisher)
    camera(stage, publisher, 0, 20)
    viewer.send_rtcp(pli())
    assert pictures(viewer.video()) == list(range(20)) * 2
    assert asked(publisher) == 0
    assert_runs_on(viewer.video())
    live(stage, publisher, 20, 30)
    viewer.send_rtcp(pli())
    assert asked(publisher) == 1
    assert len(viewer.video()) == 50


def test_a_request_that_crossed_a_keyframe_brings_no_other(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    viewer.show(0, publisher)
    camera(stage, publisher, 0, 50)
    publisher.camera(50, keyframe=True)
    stage.wait(50)
    viewer.send_rtcp(pli())
    assert asked(publisher) == 0
    assert len(viewer.video()) == 51


def test_a_repaired_packet_of_a_replayed_group_fits(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    camera(stage, publisher, 0, 10)
    late = publisher.camera_packet(10)
    publisher.camera(11)
    viewer.show(0, publisher)
    assert pictures(viewer.video()) == [*range(10), 11]
    publisher.send(late)
    assert pictures(viewer.video()) == [*range(10), 11, 10]
    live(stage, publisher, 12, 15)
    assert_runs_on(sorted(viewer.video(), key=lambda p: p.sequence))


def test_nothing_is_replayed_past_what_will_not_come(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    camera(stage, publisher, 0, 10)
    publisher.next_sequence[3] += 150
    publisher.camera(160)
    viewer.show(0, publisher)
    assert pictures(viewer.video()) == [0]
    assert asked(publisher) == 1


def test_replayed_packets_are_repaired_though_they_came_long_ago(stage: Stage) -> None:
    publisher, viewer = lesson(stage)
    camera(stage, publisher, 0, 30)
    viewer.show(0, publisher)
    stage.wait(200)
    lost = viewer.video()[3]
    header = struct.pack("!BBHII", 0x81, 205, 3, 1, SLOT_SSRC)
    viewer.send_rtcp(header + struct.pack("!HH", lost.sequence, 0))
    again = viewer.repaired()
    assert [struct.unpack("!H", p.payload[:2])[0] for p in again] == [lost.sequence]
    assert again[0].timestamp == lost.timestamp


def test_two_hundred_who_join_cost_one_request_and_nothing_goes_out_in_one_go(
    big_stage: Stage,
) -> None:
    stage = big_stage
    publisher = stage.join(1)
    publisher.publish()
    viewers = [stage.join(number) for number in range(2, 202)]
    for viewer in viewers:
        viewer.view()
    camera(stage, publisher, 0, 42)
    for at, viewer in enumerate(viewers):
        viewer.check()
        viewer.show(0, publisher)
        if at % 20 == 0:
            live(stage, publisher, 42 + at // 20, 43 + at // 20)
    assert asked(publisher) <= 2
    assert all(pictures(viewer.video()) == [0] for viewer in viewers)


def test_a_replay_to_many_holds_up_nothing(big_stage: Stage) -> None:
    """Each turn of the loop serves a few; sound goes in between."""
    stage = big_stage
    publisher = stage.join(1)
    publisher.publish()
    viewers = [stage.join(number) for number in range(2, 102)]
    for viewer in viewers:
        viewer.view()
    camera(stage, publisher, 0, 40)
    for viewer in viewers:
        viewer.check()
    stage.kernel.set_sliced(True)
    stage.kernel.set_socket(blocked=True)
    for viewer in viewers:
        viewer.show(0, publisher)
    stage.kernel.set_socket(blocked=False)
    publisher.speak()
    stage.wait(10)
    assert not all(viewer.video() for viewer in viewers)
    stage.kernel.set_sliced(False)
    stage.wait(10)
    assert all(pictures(viewer.video()) == list(range(40)) for viewer in viewers)
    assert asked(publisher) == 0


@pytest.mark.parametrize("seed", range(60))
def test_whatever_happens_a_slot_stays_one_stream(big_stage: Stage, seed: int) -> None:
    """No number comes twice, no picture is decoded without those that it needs."""
    chance = random.Random(seed)
    stage = big_stage
    publisher, other, viewer = (stage.join(number) for number in (1, 2, 3))
    viewer.view()
    for _ in range(30 if seed % 2 else 0):
        stage.join(len(stage.peers) + 1).view()
    audience = list(stage.peers.values())[3:]
    for sender in (publisher, other):
        sender.publish()
    for peer in audience:
        peer.show(0, publisher)
    picture = {publisher: 0, other: 0}
    answered = {publisher: -1, other: -1}
    held: list[tuple[Peer, bytes]] = []
    for _ in range(300):
        what = chance.random()
        if what < 0.04:
            viewer.show(0, chance.choice([publisher, other]), layer=chance.choice([0, 2]))
        elif what < 0.06:
            stage.kernel.clear_slot(viewer.handle, 0)
        elif what < 0.10:
            viewer.send_rtcp(pli())
        elif what < 0.13:
            stage.kernel.set_sliced(chance.random() < 0.5)
        elif what < 0.15:
            stage.kernel.set_socket(blocked=chance.random() < 0.3)
        for sender in (publisher, other):
            keyframe = asked(sender) > answered[sender] or chance.random() < 0.02
            answered[sender] = asked(sender)
            for layer in (0, 2):
                packet = sender.camera_packet(picture[sender], layer=layer, keyframe=keyframe)
                lot = chance.random()
                if lot < 0.03:
                    held.append((sender, packet))
                elif lot > 0.01:
                    sender.send(packet)
            picture[sender] += 1
            sender.check()
        if held and chance.random() < 0.3:
            sender, packet = held.pop(0)
            sender.send(packet)
        viewer.check()
        stage.wait(chance.choice([10, 30, 50]))
    stage.kernel.set_sliced(False)
    stage.kernel.set_socket(blocked=False)
    stage.wait(1000)
    assert_decodable(viewer.video())


def assert_decodable(packets: list[Received]) -> None:
    numbers = [p.sequence for p in packets]
    assert len(set(numbers)) == len(numbers), "a number used twice"
    assert len(numbers) > 50
    base = numbers[0]
    in_order = sorted(packets, key=lambda p: (p.sequence - base + 0x8000) & 0xFFFF)
    for before, after in zip(in_order, in_order[1:], strict=False):
        assert 0 < (after.timestamp - before.timestamp & 0xFFFFFFFF) < 1 << 31
        contiguous = after.sequence == before.sequence + 1 & 0xFFFF
        if after.payload[4] & 1 and contiguous:
            assert (before.csrc, pictures([before])[0] + 1) == (
                after.csrc,
                pictures([after])[0],
            ), "a picture without the one that it needs"
