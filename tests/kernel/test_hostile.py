"""Authentic packets of a participant who means harm: he holds keys and keeps no rule.

A viewer of these tests refuses a packet whose index he has seen, as a browser does, so that a
number encrypted twice (which AES-GCM does not survive) ends a test.
"""

import struct

from tests.kernel.peer import (
    LEVEL,
    MID,
    OPUS,
    RID,
    VP8,
    VP8_RTX,
    Peer,
    Stage,
    pictures,
    rtp,
    vp8,
)

GARBAGE = b"\xff"
"""No VP8: counted as received, but never forwarded."""


def class_of(stage: Stage, count: int = 3) -> list[Peer]:
    peers = [stage.join(number) for number in range(1, count + 1)]
    for peer in peers:
        peer.publish()
        peer.view()
    return peers


def sound(peer: Peer, sequence: int, *, ssrc: int = 0, payload: bytes = b"o" * 60) -> bytes:
    extensions = {MID: b"0", LEVEL: bytes([20])}
    return rtp(
        OPUS,
        sequence,
        sequence * 960,
        ssrc or 100 * peer.number,
        payload,
        extensions=extensions,
    )


def picture(peer: Peer, sequence: int, payload: bytes, *, kind: int = VP8, ssrc: int = 0) -> bytes:
    return rtp(
        kind,
        sequence,
        sequence * 3000,
        ssrc or 100 * peer.number + 3,
        payload,
        marker=True,
        extensions={MID: b"1", RID: b"f"},
    )


def repair(peer: Peer, sequence: int, lost: int, payload: bytes) -> bytes:
    return picture(
        peer,
        sequence,
        struct.pack("!H", lost & 0xFFFF) + payload,
        kind=VP8_RTX,
        ssrc=100 * peer.number + 50,
    )


def test_sound_whose_number_comes_round_unseen_is_not_sent_under_it_again(stage: Stage) -> None:
    speaker, listener = class_of(stage, 2)
    speaker.send(sound(speaker, 100))
    # Padding longer than the packet: it is not taken, yet SRTP's roll-over counter moves.
    for sequence in (30000, 60000):
        packet = bytearray(sound(speaker, sequence, payload=b"\xff" * 60))
        packet[0] |= 0x20
        speaker.send(bytes(packet))
    speaker.send(sound(speaker, 65536 + 100, payload=b"x" * 60))
    assert [p.payload[:1] for p in listener.audio()] == [b"o"]


def test_a_repair_from_before_a_pause_is_not_sent_under_an_old_number(stage: Stage) -> None:
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    for sequence in range(1000, 1010):
        publisher.send(picture(publisher, sequence, vp8(sequence, keyframe=sequence == 1000)))
    stage.wait(8000)
    publisher.check()
    publisher.send(picture(publisher, 1010, vp8(1010)))
    for lost in range(1000, 1010):
        publisher.send(repair(publisher, lost, lost, vp8(7777)))
    assert pictures(viewer.video()) == list(range(1000, 1011))


def test_a_leap_of_a_speaker_leaves_his_listeners_able_to_decrypt(stage: Stage) -> None:
    speaker, other, listener = class_of(stage)
    speaker.send(sound(speaker, 100))
    for leap in range(1, 5):
        speaker.send(sound(speaker, 100 + 30000 * leap, payload=b"" if leap < 4 else b"o" * 60))
    stage.wait(3000)
    other.speak()
    assert [p.csrc >> 2 for p in listener.audio()] == [1, 1, 2]


def test_a_leap_of_a_camera_leaves_its_viewers_able_to_decrypt(stage: Stage) -> None:
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    publisher.send(picture(publisher, 100, vp8(1, keyframe=True)))
    for leap in range(1, 4):
        publisher.send(picture(publisher, 100 + 30000 * leap, GARBAGE))
    publisher.send(picture(publisher, 100 + 90001, vp8(2)))
    stage.wait(100)
    publisher.send(picture(publisher, 100 + 90002, vp8(3, keyframe=True)))
    publisher.send(picture(publisher, 100 + 90003, vp8(4)))
    assert pictures(viewer.video()) == [1, 3, 4]


def test_leaps_by_and_by_leave_viewers_able_to_decrypt(stage: Stage) -> None:
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    publisher.send(picture(publisher, 100, vp8(1, keyframe=True)))
    for step in range(1, 200):
        publisher.send(picture(publisher, 100 + 500 * step, GARBAGE))
    publisher.send(picture(publisher, 100 + 500 * 200, vp8(2, keyframe=True)))
    assert pictures(viewer.video())[0] == 1
    assert viewer.video()[-1].sequence - viewer.video()[0].sequence < 32768
