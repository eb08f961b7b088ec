"""Loss in both directions, replay, forgery."""

import random
import struct

from tests.kernel.peer import SLOT_SSRC, VP8_RTX, Peer, Stage, pictures, receiver_report, rtp
from tests.kernel.test_forward import pair


def nack(ssrc: int, sequence: int, mask: int = 0) -> bytes:
    return struct.pack("!BBHIIHH", 0x81, 205, 3, 1, ssrc, sequence & 0xFFFF, mask)


def asked(publisher: Peer) -> list[int]:
    """Sequence numbers that the kernel has asked the publisher for."""
    found = []
    for kind, count, body in publisher.rtcp:
        if (kind, count) == (205, 1):
            for at in range(8, len(body), 4):
                first, mask = struct.unpack("!HH", body[at : at + 4])
                found += [first, *(first + bit + 1 for bit in range(16) if mask >> bit & 1)]
    return found


def plis(publisher: Peer) -> int:
    return len([1 for kind, count, _ in publisher.rtcp if (kind, count) == (206, 1)])


def test_a_viewer_gets_again_what_he_asks_for(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    for picture in range(4):
        publisher.camera(picture, keyframe=picture == 0)
    original = viewer.video()[2]
    viewer.send_rtcp(nack(SLOT_SSRC, original.sequence))
    stage.wait(20)
    [again] = viewer.repaired()
    assert again.payload_type == VP8_RTX
    assert struct.unpack("!H", again.payload[:2])[0] == original.sequence
    assert again.payload[2:] == original.payload
    assert again.timestamp == original.timestamp


def test_a_retransmission_after_a_switch_repeats_the_first_rewriting(stage: Stage) -> None:
    first, second, viewer = stage.join(1), stage.join(2), stage.join(3)
    first.publish()
    second.publish()
    viewer.view()
    viewer.show(0, first)
    for picture in range(50, 53):
        first.camera(picture, keyframe=picture == 50)
    viewer.show(0, second)
    second.camera(9, keyframe=True)
    originals = viewer.video()
    viewer.send_rtcp(nack(SLOT_SSRC, originals[1].sequence, 0b11))
    stage.wait(20)
    for original, again in zip(originals[1:], viewer.repaired(), strict=True):
        assert again.payload[2:] == original.payload
        assert again.timestamp == original.timestamp
        assert again.csrc == original.csrc


def test_without_rtx_nothing_is_sent_twice(stage: Stage) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view(rtx=False)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    viewer.send_rtcp(nack(SLOT_SSRC, viewer.video()[0].sequence))
    stage.wait(20)
    assert len(viewer.media) == 1


def test_without_rtx_a_keyframe_replaces_what_was_lost(stage: Stage) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view(rtx=False)
    viewer.show(0, publisher)
    for picture in range(4):
        publisher.camera(picture, keyframe=picture == 0)
    stage.wait(100)
    publisher.hide_past()
    before = plis(publisher)
    viewer.send_rtcp(nack(SLOT_SSRC, viewer.video()[2].sequence))
    assert plis(publisher) == before + 1
    assert len(viewer.media) == 4


def test_without_rtx_the_publisher_is_left_to_repair_what_he_lost_himself(stage: Stage) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view(rtx=False)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    publisher.camera_packet(1)
    publisher.camera(2)
    before = plis(publisher)
    viewer.send_rtcp(nack(SLOT_SSRC, viewer.video()[0].sequence + 1))
    stage.wait(50)
    assert plis(publisher) == before


def test_a_publisher_who_repeats_nothing_is_asked_for_a_keyframe_at_once(stage: Stage) -> None:
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish(nack=False)
    viewer.view()
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    before = plis(publisher)
    publisher.camera_packet(1)
    publisher.camera(2)
    assert plis(publisher) == before + 1
    assert asked(publisher) == []


def test_a_publisher_who_repeats_nothing_is_seen_in_spite_of_loss(stage: Stage) -> None:
    """3 % loss, 30 frames a second, 40 ms to the publisher: most frames can be decoded."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish(nack=False)
    viewer.view()
    viewer.show(0, publisher)
    chance = random.Random(7)
    answers: list[int] = []
    decoded, whole, last = 0, False, -1
    for picture in range(330):
        answers.append(plis(publisher))
        keyframe = picture == 0 or (len(answers) > 3 and answers[-2] > answers[-3])
        packet = publisher.camera_packet(picture, keyframe=keyframe)
        if picture == 0 or chance.random() >= 0.03:
            publisher.send(packet)
            whole = keyframe or (whole and last == picture - 1)
            last = picture
            decoded += whole
        stage.wait(30)
        viewer.report()
    assert decoded > 230


def test_unknown_numbers_are_not_answered(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.send_rtcp(nack(SLOT_SSRC, 5))
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    viewer.send_rtcp(nack(SLOT_SSRC, viewer.video()[0].sequence - 7))
    viewer.send_rtcp(nack(99, 5))
    stage.wait(20)
    assert viewer.repaired() == []


def test_a_publisher_is_asked_for_what_is_missing(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    lost = [publisher.camera_packet(picture) for picture in (1, 2)]
    publisher.camera(3)
    stage.wait(60)
    assert asked(publisher) == [struct.unpack("!H", p[2:4])[0] for p in lost]
    for packet in lost:
        publisher.send(packet)
    stage.wait(300)
    assert len(asked(publisher)) == 2, "what has come is not asked for again"
    assert sorted(pictures(viewer.video())) == [0, 1, 2, 3]


def test_a_repair_by_rtx_fills_the_gap(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    lost = publisher.camera_packet(1)
    publisher.camera(2)
    sequence, timestamp = struct.unpack("!HI", lost[2:8])
    payload = lost[lost.index(b"\x90\x80\x80") :]
    repair = rtp(
        VP8_RTX,
        9,
        timestamp,
        8888,
        struct.pack("!H", sequence) + payload,
        marker=True,
        extensions={4: b"1", 11: b"f"},
    )
    publisher.send(repair)
    seen = viewer.video()
    assert pictures(seen) == [0, 2, 1]
    assert seen[2].sequence == (seen[0].sequence + 1) & 0xFFFF


def test_asking_ends_and_a_keyframe_takes_over(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    publisher.camera_packet(1)
    for picture in range(2, 30):
        publisher.camera(picture)
        stage.wait(60)
    assert 1 < len(asked(publisher)) <= 10
    assert (206, 1) in [(kind, count) for kind, count, _ in publisher.rtcp]


def test_replayed_packets_are_dropped_and_counted(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    wire = publisher.send(publisher.camera_packet(0, keyframe=True))
    stage.kernel.receive(wire, publisher.address, stage.now)
    stage.deliver()
    assert pictures(viewer.video()) == [0]
    assert stage.kernel.counters()["dropped_replayed"] == 1


def test_a_packet_repaired_and_then_arriving_late_is_forwarded_once(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.camera(0, keyframe=True)
    lost = publisher.camera_packet(1)
    publisher.camera(2)
    sequence, timestamp = struct.unpack("!HI", lost[2:8])
    payload = struct.pack("!H", sequence) + lost[lost.index(b"\x90\x80\x80") :]
    publisher.send(rtp(VP8_RTX, 9, timestamp, 8888, payload, extensions={4: b"1", 11: b"f"}))
    publisher.send(lost)
    assert pictures(viewer.video()) == [0, 2, 1]
    assert stage.kernel.counters()["dropped_duplicate"] == 1


def test_reports_cannot_be_replayed_whoever_else_reports(stage: Stage) -> None:
    """Firefox reports on each stream that it gets under a number of its own."""
    peer = stage.join(1)
    first = peer.outbound.protect_rtcp(receiver_report(1))
    stage.receive(first, peer.address)
    for ssrc in range(2, 40):
        peer.send_rtcp(receiver_report(ssrc))
    before = stage.kernel.counters()["dropped_replayed"]
    stage.receive(first, peer.address)
    assert stage.kernel.counters()["dropped_replayed"] == before + 1


def test_a_replaced_ssrc_cannot_be_replayed(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    old = publisher.send(publisher.camera_packet(0, keyframe=True))
    publisher.number = 77
    publisher.camera(1, keyframe=True)
    stage.kernel.receive(old, publisher.address, stage.now)
    publisher.camera(2)
    assert pictures(viewer.video()) == [0, 1, 2]
    assert stage.kernel.counters()["dropped_unknown_ssrc"] == 1


def test_altered_packets_are_dropped_and_counted(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    wire = publisher.outbound.protect(publisher.camera_packet(0, keyframe=True))
    for at in range(0, len(wire), 7):
        altered = wire[:at] + bytes([wire[at] ^ 0x40]) + wire[at + 1 :]
        stage.kernel.receive(altered, publisher.address, stage.now)
    stage.deliver()
    assert viewer.media == []
    assert stage.kernel.session_stats(publisher.handle)["sources"] == []
    assert stage.kernel.counters()["packets_received"] == 0


def test_sequence_numbers_wrap(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publisher.next_sequence[3] = 65530
    for picture in range(32760, 32780):
        publisher.camera(picture, keyframe=picture == 32760)
        stage.wait(60)
    seen = viewer.video()
    assert pictures(seen) == [p & 0x7FFF for p in range(32760, 32780)]
    assert [p.sequence - seen[0].sequence & 0xFFFF for p in seen] == list(range(20))
    assert asked(publisher) == []
    assert stage.kernel.session_stats(publisher.handle)["sources"][0]["lost"] == 0


def test_a_flood_of_requests_is_bounded_by_the_pace(stage: Stage) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    for picture in range(300):
        publisher.camera(picture, keyframe=picture == 0, size=1100)
        stage.wait(10)
    first = viewer.video()[0].sequence
    for _ in range(40):
        for block in range(first, first + 300, 17):
            viewer.send_rtcp(nack(SLOT_SSRC, block, 0xFFFF))
    stage.wait(100)
    # 100 ms at 2.5 × 10 Mbit/s
    assert sum(len(p.payload) for p in viewer.repaired()) < 350_000
