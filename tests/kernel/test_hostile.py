"""Authentic packets of a participant who means harm: he holds keys and keeps no rule.

A viewer of these tests refuses a packet whose index he has seen, as a browser does, so that a
number encrypted twice (which AES-GCM does not survive) ends a test.
"""

import struct
from collections.abc import Callable, Iterator

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu.kernel.core import EVENT_SOURCE, KIND_CAMERA, KIND_MICROPHONE, KIND_SCREEN, SteppedKernel
from tests.kernel.feedback import write_remb
from tests.kernel.peer import (
    LEVEL,
    MID,
    OPUS,
    PASSWORD,
    RID,
    SLOT_SSRC,
    VP8,
    VP8_RTX,
    Peer,
    Stage,
    binding_request,
    pictures,
    rtp,
    vp8,
)
from tests.kernel.test_speakers import speakers

NACK_GAP = 100
"""Numbers that a source may skip at once (`feedback`)."""
CROWD, SOUND_AHEAD = 200, 100
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
    for _ in range(2):
        stage.wait(4000)
        viewer.check()
    publisher.check()
    publisher.send(picture(publisher, 1010, vp8(1010)))
    for lost in range(1000, 1010):
        publisher.send(repair(publisher, lost, lost, vp8(7777)))
    assert pictures(viewer.video()) == list(range(1000, 1011))


def test_a_repair_of_padding_after_a_pause_is_not_sent_under_a_number_in_use(stage: Stage) -> None:
    """Padding is left out and its number goes to the next picture. After a pause the ring that
    would remember it is closed."""
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    for sequence in range(1000, 1003):
        publisher.send(picture(publisher, sequence, vp8(sequence, keyframe=sequence == 1000)))
    for _ in range(2):
        stage.wait(4000)
        viewer.check()
        publisher.check()
    padding = bytearray(picture(publisher, 1003, bytes(19) + b"\x14"))
    padding[0] |= 0x20
    publisher.send(bytes(padding))
    publisher.send(picture(publisher, 1004, vp8(1004)))
    publisher.send(picture(publisher, 1005, vp8(1005)))
    publisher.send(repair(publisher, 1, 1003, vp8(7777)))
    numbers = [p.sequence for p in viewer.video()]
    assert len(numbers) == len(set(numbers)) == 5


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


def test_pupils_who_claim_to_be_the_loudest_do_not_silence_the_teacher(stage: Stage) -> None:
    teacher, listener, *hostile = class_of(stage, 6)
    stage.kernel.set_moderator(teacher.handle, True)
    for turn in range(300):
        stage.now += 20_000
        for peer in hostile:
            peer.speak(0)
        if turn > 100:
            teacher.speak(40)
        if turn % 50 == 0:
            stage.kernel.tick(stage.now)
    heard = [p for p in listener.audio() if p.csrc >> 2 == teacher.number]
    assert len(heard) > 190


def test_a_flood_of_sound_is_not_forwarded(stage: Stage) -> None:
    speaker, other, listener = class_of(stage)
    for sequence in range(1000, 2000):
        speaker.send(sound(speaker, sequence))
    stage.now += 1_000_000
    for sequence in range(2000, 3000):
        stage.now += 100
        speaker.send(sound(speaker, sequence))
    other.speak()
    heard = [p.csrc >> 2 for p in listener.audio()]
    assert heard.count(1) < 100 + 250 + 100 + 25 + 5
    assert heard[-1] == 2


def test_a_flood_of_pictures_is_not_forwarded(stage: Stage) -> None:
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    for sequence in range(5000):
        publisher.send(picture(publisher, sequence, vp8(sequence, keyframe=True, size=10)))
    assert len(viewer.video()) <= 1001
    assert stage.kernel.counters()["dropped_flood"] >= 3999


def test_new_ssrcs_cannot_be_made_without_end(stage: Stage) -> None:
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    for n in range(100):
        publisher.send(picture(publisher, n, vp8(n, keyframe=True), ssrc=900 + n))
    assert pictures(viewer.video()) == list(range(len(viewer.video())))
    assert len(viewer.video()) <= 21
    stage.now += 2_000_000
    publisher.send(picture(publisher, 7, vp8(200, keyframe=True), ssrc=8000))
    assert pictures(viewer.video())[-1] == 200


def test_requests_to_repeat_everything_are_bounded(stage: Stage) -> None:
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    for n in range(300):
        stage.now += 10_000
        publisher.send(picture(publisher, n, vp8(n, keyframe=n == 0, size=1000)))
    last = viewer.video()[-1].sequence
    entries = b"".join(struct.pack("!HH", last - 17 * n & 0xFFFF, 0xFFFF) for n in range(1, 300))
    request = struct.pack("!BBHII", 0x81, 205, 2 + 299, 1, SLOT_SSRC) + entries
    before = stage.kernel.counters()["nacks_received"]
    for _ in range(50):
        viewer.send_rtcp(request)
    counters = stage.kernel.counters()
    assert counters["nacks_received"] - before == 50
    assert counters["retransmitted"] + counters["retransmit_missed"] <= 501


@pytest.mark.parametrize("bitrate", [1, 15, (1 << 58) - 1, 1 << 57])
def test_what_a_viewer_says_of_his_line_is_believed_within_reason(
    stage: Stage, bitrate: int
) -> None:
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    viewer.send_rtcp(write_remb(bitrate))
    for n in range(600):
        stage.now += 1_000
        publisher.send(picture(publisher, n, vp8(n, keyframe=n == 0, size=1200)))
    stage.wait(5000)
    got = len(viewer.video())
    assert 20 < got <= 600
    viewer.check()
    publisher.check()
    publisher.send(picture(publisher, 600, vp8(600, keyframe=True)))
    stage.wait(100)
    assert pictures(viewer.video())[-1] == 600, "nothing old stands before it"


def test_a_flood_of_dtls_does_not_crowd_out_others(stage: Stage) -> None:
    hostile, other = class_of(stage, 2)
    stage.kernel.events()
    for _ in range(20_000):
        stage.kernel.receive(b"\x16" + bytes(60), hostile.address, stage.now)
    stage.kernel.receive(b"\x16hello", other.address, stage.now)
    events = stage.kernel.events()
    assert len(events) < 200
    assert events[-1][1] == other.handle


def test_slow_layers_hold_no_more_than_can_be_asked_for(stage: Stage) -> None:
    publisher, viewer = class_of(stage, 2)
    viewer.show(0, publisher)
    for n in range(400):
        stage.now += 33_000
        publisher.check()
        publisher.send(picture(publisher, n, vp8(n, keyframe=n == 0)))
    publisher.send(repair(publisher, 1, 200, vp8(7777)))
    assert pictures(viewer.video()) == list(range(400))


def test_a_datagram_longer_than_any_that_browsers_send_costs_nothing(stage: Stage) -> None:
    """Its sums would take 0.25 ms each, and who has a seat may send a hundred checks a second."""
    peer = stage.join(1)
    before = stage.kernel.counters()
    stage.kernel.events()
    filling = struct.pack("!HH", 0x8022, 60_000) + bytes(60_000)
    peer.stage.receive(binding_request(peer.ufrag + b":x", PASSWORD, more=filling), peer.address)
    peer.stage.receive(b"\x16" + bytes(60_000), peer.address)
    after = stage.kernel.counters()
    assert after["dropped_garbage"] == before["dropped_garbage"] + 2
    assert after["stun_accepted"] == before["stun_accepted"]
    assert stage.kernel.events() == []


def test_a_layer_that_stops_while_the_queue_of_events_is_full_is_told_of_later(
    stage: Stage,
) -> None:
    publisher = stage.join(1)
    publisher.publish()
    publisher.camera(0, keyframe=True)
    assert (EVENT_SOURCE, publisher.handle, KIND_CAMERA, 4, b"") in stage.kernel.events()
    crowd = [stage.join(2 + n) for n in range(60)]
    for _ in range(80):
        for peer in crowd:
            stage.kernel.receive(b"\x16" + bytes(20), peer.address, stage.now)
    assert stage.kernel.counters()["dropped_events"] > 0
    stage.wait(1500)
    stage.kernel.events()
    stage.wait(100)
    assert (EVENT_SOURCE, publisher.handle, KIND_CAMERA, 0, b"") in stage.kernel.events()


def test_an_index_comes_back_although_the_queue_of_events_is_full(stage: Stage) -> None:
    first = stage.join(1)
    first.publish()
    for handle in range(12_000):
        stage.kernel.set_gate(first.handle, KIND_MICROPHONE, handle % 2 == 0)
        stage.now += 30_000
        stage.kernel.receive(b"\x16" + bytes(60), first.address, stage.now)
    assert stage.kernel.counters()["dropped_events"] > 0
    stage.kernel.close_session(first.handle)
    stage.kernel.events()
    assert len([stage.join(2 + n) for n in range(64)]) == 64


# ── anything at all ──

WORD = st.integers(0, 0xFFFFFFFF)
PAYLOADS = st.one_of(
    st.binary(max_size=40),
    st.builds(vp8, st.integers(0, 0x7FFF), keyframe=st.booleans(), size=st.integers(3, 1400)),
    st.sampled_from([b"", b"\xff", b"\xf0\xf0\x7f\x01\x02\x00", b"\x80\xf0\x90", bytes(1300)]),
)
PACKETS = st.builds(
    rtp,
    st.sampled_from([OPUS, VP8, VP8_RTX, 0, 127]),
    st.one_of(st.integers(0, 30), st.sampled_from([500, 30000, 32768, 60000, 65535])),
    st.one_of(st.integers(0, 90000), st.sampled_from([1 << 31, (1 << 32) - 1])),
    st.integers(1, 6),
    PAYLOADS,
    marker=st.booleans(),
    extensions=st.dictionaries(
        st.integers(1, 14),
        st.sampled_from([b"0", b"1", b"q", b"h", b"f", b"\x00\x07", b"\x00", b"sixteen bytes ok"]),
        max_size=4,
    ),
    padding=st.sampled_from([0, 0, 0, 1, 20, 255]),
)
RTCP = st.one_of(
    st.builds(
        lambda kind, count, body: (
            struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body[: len(body) // 4 * 4]
        ),
        st.integers(200, 207),
        st.integers(0, 31),
        st.binary(min_size=4, max_size=60),
    ),
    st.builds(write_remb, st.integers(0, (1 << 58) - 1)),
    st.builds(
        lambda ssrc, pairs: (
            struct.pack("!BBHII", 0x81, 205, 2 + len(pairs), 1, ssrc)
            + b"".join(struct.pack("!HH", *pair) for pair in pairs)
        ),
        st.integers(SLOT_SSRC, SLOT_SSRC + 2),
        st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 65535)), min_size=1, max_size=80),
    ),
    st.builds(
        lambda ntp, ssrc: struct.pack("!BBHIQIII", 0x80, 200, 6, ssrc, ntp, 5, 6, 7),
        st.integers(0, (1 << 64) - 1),
        st.integers(1, 6),
    ),
)
WHO = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("rtp"), WHO, PACKETS),
    st.tuples(st.just("rtp"), WHO, PACKETS),
    st.tuples(st.just("rtcp"), WHO, RTCP),
    st.tuples(st.just("raw"), WHO, st.binary(max_size=200)),
    st.tuples(st.just("wait"), WHO, st.sampled_from([10, 700, 3500, 8000])),
    st.tuples(st.just("show"), WHO, st.integers(0, 8)),
    st.tuples(st.just("clear"), WHO, st.integers(0, 2)),
    st.tuples(st.just("gate"), WHO, st.integers(0, 3)),
    st.tuples(st.just("room"), WHO, st.integers(1, 2)),
    st.tuples(st.just("rejoin"), WHO, st.just(0)),
    st.tuples(st.just("restart"), WHO, st.just(0)),
)


class Crowd:
    """Three peers; each may do anything that its keys and our commands allow."""

    def __init__(self) -> None:
        self.stage = Stage()
        self.peers = class_of(self.stage)
        self.number = 3
        for viewer, source in ((0, 1), (1, 2), (2, 0)):
            self.peers[viewer].show(0, self.peers[source])

    def rtp(self, who: int, packet: bytes) -> None:
        peer = self.peers[who]
        try:
            wire = peer.outbound.protect(packet)
        except (pylibsrtp.Error, ValueError):
            # The library of the sender neither goes so far back nor sends so much.
            return
        self.raw(who, wire)
        self.stage.deliver()

    def rtcp(self, who: int, packet: bytes) -> None:
        self.peers[who].send_rtcp(packet)

    def raw(self, who: int, data: bytes) -> None:
        self.stage.kernel.receive(data, self.peers[who].address, self.stage.now)

    def wait(self, _who: int, milliseconds: int) -> None:
        for peer in self.peers:
            peer.check()
        self.stage.wait(milliseconds)

    def show(self, who: int, what: int) -> None:
        self.peers[who].show(what // 3, self.peers[what % 3], what % 3)

    def clear(self, who: int, slot: int) -> None:
        self.stage.kernel.clear_slot(self.peers[who].handle, slot)

    def gate(self, who: int, what: int) -> None:
        kind = KIND_CAMERA if what & 1 else KIND_MICROPHONE
        self.stage.kernel.set_gate(self.peers[who].handle, kind, what > 1)

    def room(self, who: int, room: int) -> None:
        self.stage.kernel.set_room(self.peers[who].handle, room)

    def rejoin(self, who: int, _: int) -> None:
        self.stage.kernel.close_session(self.peers[who].handle)
        self.stage.kernel.events()
        self.number += 1
        self.peers[who] = self.stage.join(self.number)
        self.peers[who].publish()
        self.peers[who].view()

    def restart(self, who: int, _: int) -> None:
        peer = self.peers[who]
        peer.ufrag = b"more%04d" % (int(peer.ufrag[-3:]) + 1000)
        self.stage.kernel.restart_ice(peer.handle, peer.ufrag, PASSWORD)
        peer.check()


@settings(max_examples=150)
@given(steps=st.lists(STEPS, max_size=60))
def test_nothing_authentic_harms_the_kernel_or_its_viewers(
    steps: list[tuple[str, int, object]],
) -> None:
    crowd = Crowd()
    try:
        for name, who, what in steps:
            act: Callable[[int, object], None] = getattr(crowd, name)
            act(who, what)
        # Whatever happened: who comes now is heard and seen by all.
        crowd.wait(0, 4000)
        for who in range(3):
            crowd.room(who, 1)
        crowd.number += 1
        late = crowd.stage.join(crowd.number)
        late.publish()
        crowd.wait(0, 4000)
        late.check()
        for peer in crowd.peers:
            # Who says that his line bears nothing is shown nothing, until he says something else.
            peer.send_rtcp(write_remb(20_000_000))
            peer.show(0, late)
        late.camera(99, keyframe=True)
        late.speak(5)
        crowd.stage.wait(100)
        for peer in crowd.peers:
            assert peer.video()[-1].csrc == late.number << 2 | KIND_CAMERA
            assert any(p.csrc == late.number << 2 for p in peer.audio())
    finally:
        crowd.stage.kernel.close()


# ── a line that is away while numbers are skipped ──


def skip_numbers_aloud(stage: Stage, hostile: Peer, first: int) -> None:
    """Four seconds of sound, each packet as far ahead of the last as one stream may be."""
    for number in range(first, first + 400):
        sequence, ssrc = number * (NACK_GAP + 1), 100 * hostile.number
        extensions = {MID: b"0", LEVEL: bytes([20])}
        hostile.send(rtp(OPUS, sequence, number * 480, ssrc, b"o" * 60, extensions=extensions))
        stage.wait(10)


def skip_numbers_in_pictures(stage: Stage, hostile: Peer) -> None:
    for number in range(1200):
        hostile.next_sequence[3] += NACK_GAP
        hostile.camera(number, keyframe=number % 10 == 0)
        if number % 2:
            stage.wait(10)


def test_sound_skips_no_more_numbers_than_a_short_outage_bears(stage: Stage) -> None:
    hostile, honest, viewer = class_of(stage)
    skip_numbers_aloud(stage, hostile, 0)
    viewer.report()
    assert viewer.audio()
    stage.cut.add(viewer.address)
    skip_numbers_aloud(stage, hostile, 400)
    stage.cut.clear()
    stage.kernel.close_session(hostile.handle)
    honest.speak()
    assert viewer.audio()[-1].payload[:2] == struct.pack("!H", honest.number)


def test_pictures_skip_no_more_numbers_than_a_short_outage_bears(stage: Stage) -> None:
    hostile, honest, viewer = class_of(stage)
    viewer.show(0, hostile)
    hostile.camera(0, keyframe=True)
    stage.wait(20)
    assert viewer.video()
    stage.cut.add(viewer.address)
    skip_numbers_in_pictures(stage, hostile)
    stage.cut.clear()
    honest.camera(7, keyframe=True)
    viewer.show(0, honest)
    stage.wait(10)
    honest.camera(8, keyframe=True)
    assert pictures(viewer.video())[-1] == 8


# ── pictures that take more room than they have bytes ──


@pytest.mark.parametrize("height", [2800, 12_000])
def test_a_picture_larger_than_any_camera_has_reaches_no_decoder(stage: Stage, height: int) -> None:
    hostile, _, viewer = class_of(stage)
    viewer.show(0, hostile)
    hostile.camera(1, keyframe=True, height=height)
    assert pictures(viewer.video()) == []
    hostile.camera(2, keyframe=True, height=2160)
    hostile.camera(3, keyframe=True, height=height)
    assert pictures(viewer.video()) == [2]


def test_a_size_that_comes_in_a_later_packet_reaches_no_decoder(stage: Stage) -> None:
    hostile, _, viewer = class_of(stage)
    viewer.show(0, hostile)
    whole = vp8(1, keyframe=True, height=12_000)
    hostile.send(picture(hostile, 1, whole[:9]))
    hostile.send(picture(hostile, 2, b"\x80\x80\x80\x01" + whole[9:]))
    assert viewer.video() == []


def test_a_large_screen_is_shown(stage: Stage) -> None:
    sharer, _, viewer = class_of(stage)
    stage.kernel.expect(sharer.handle, KIND_SCREEN, mid=b"2", payload_type=VP8)
    stage.kernel.set_gate(sharer.handle, KIND_SCREEN, True)
    stage.kernel.set_slot(viewer.handle, 0, sharer.handle, KIND_SCREEN, 0)
    for number, height in enumerate((4320, 12_000)):
        payload = vp8(number, keyframe=True, height=height)
        sharer.send(rtp(VP8, number, number, 9999, payload, extensions={MID: b"2"}))
        stage.wait(10)
    assert pictures(viewer.video()) == [0]


# ── sound for many ──


@pytest.fixture
def crowd() -> Iterator[Stage]:
    stage = Stage(SteppedKernel(max_sessions=CROWD + 2))
    for number in range(1, CROWD + 3):
        stage.join(number)
    yield stage
    stage.kernel.close()


def in_front_of(crowd: Stage) -> tuple[Peer, Peer]:
    """Who speaks, and one of those who listen."""
    speaker, viewer, *_ = crowd.peers.values()
    speaker.publish()
    viewer.view()
    return speaker, viewer


def test_nobody_speaks_to_a_crowd_in_more_packets_than_browsers_send(crowd: Stage) -> None:
    hostile, viewer = in_front_of(crowd)
    for _ in range(400):
        for _ in range(5):
            hostile.speak()
        viewer.report()
        crowd.wait(20)
    assert 8 * 60 < len(viewer.audio()) <= 8 * 63 + SOUND_AHEAD
    assert crowd.kernel.counters()["dropped_flood"] > 0


def test_who_speaks_is_not_told_to_a_crowd_at_any_pace(stage: Stage) -> None:
    """Three who are the loudest in turn: each change goes to everybody in the lesson."""
    stage.kernel.close()
    stage.kernel = SteppedKernel(max_sessions=1000)
    for number in range(1, 1001):
        stage.join(number)
    hostile = list(stage.peers.values())[:3]
    for peer in hostile:
        peer.publish()
    told = []
    for at in range(0, 6000, 20):
        for peer in hostile:
            if at < 5000:
                peer.speak(0 if (at // 100 + peer.number) % 2 else 45)
        stage.wait(20)
        told += speakers(stage)
    assert 5 <= len(told) <= 2 + 6 * 2
    assert told[-1] == (), "what is so in the end is told"


def test_who_speaks_to_a_crowd_as_browsers_do_is_heard_whole(crowd: Stage) -> None:
    speaker, viewer = in_front_of(crowd)
    for _ in range(10):
        # What a line held up comes at once.
        for _ in range(50):
            speaker.speak()
        viewer.report()
        crowd.wait(1000)
    assert len(viewer.audio()) == 500


# ── memory that all share ──


def test_packets_that_are_held_for_repair_take_no_room_from_others() -> None:
    stage = Stage(SteppedKernel(max_packets=1024))
    hostile, honest, viewer = class_of(stage)
    viewer.show(0, honest)
    honest.camera(0, keyframe=True)
    for n in range(400):
        for layer in range(3):
            hostile.camera(n, layer=layer, size=3)
    assert stage.kernel.counters()["dropped_no_memory"] > 0
    honest.speak()
    assert len(viewer.audio()) == 1, "some room is left to sound"
    for n in range(1, 41):
        for peer in (honest, viewer):
            peer.report()
        stage.wait(100)
        for layer in range(3):
            for _ in range(40):
                hostile.camera(n, layer=layer, size=3)
        honest.speak()
        honest.camera(n, keyframe=n == 6)
    assert len(viewer.audio()) == 41
    assert pictures(viewer.video())[-35:] == list(range(6, 41))
    stage.kernel.close()
