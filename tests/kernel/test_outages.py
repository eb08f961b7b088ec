"""A line or the server is gone for a while: pictures and sound are back at once when it returns."""

import struct

import pytest

from tests.kernel.encoder import Encoder
from tests.kernel.peer import MID, OPUS, PASSWORD, SLOT_SSRC, Peer, Stage, pictures, rtp

SECONDS = [0.5, 2, 4, 6, 30, 60, 120]


class Class:
    """A publisher whom a viewer sees and hears; both check every 2.5 s, the viewer reports too."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.publisher, self.viewer = stage.join(1), stage.join(2)
        self.publisher.publish()
        self.viewer.view()
        self.viewer.show(0, self.publisher)
        self.encoder = Encoder(stage, self.publisher)
        self.passed = 0

    def run(self, milliseconds: int) -> None:
        for _ in range(0, milliseconds, 50):
            if self.passed % 2500 == 0:
                self.publisher.check()
                self.viewer.check()
            if self.passed % 1000 == 0:
                self.viewer.report()
            self.passed += 50
            self.publisher.speak()
            self.encoder.run(50)
            self.ask_for_missing()

    def ask_for_missing(self) -> None:
        """As a browser does: for up to 1000 numbers at once."""
        seen = [p.sequence for p in self.viewer.video()[-2:]]
        missing = (seen[-1] - seen[0] - 1) & 0xFFFF if len(seen) == 2 else 0
        if 0 < missing < 1000:
            entries = b"".join(
                struct.pack(
                    "!HH",
                    (seen[0] + 1 + at) & 0xFFFF,
                    min(0xFFFF, (1 << min(16, missing - at - 1)) - 1),
                )
                for at in range(0, missing, 17)
            )
            self.viewer.send_rtcp(
                struct.pack("!BBHII", 0x81, 205, 2 + len(entries) // 4, 1, SLOT_SSRC) + entries
            )

    def check_now(self) -> None:
        self.passed = 0


def assert_all_is_back(lesson: Class) -> None:
    began, heard = lesson.encoder.picture, len(lesson.viewer.audio())
    lesson.run(1000)
    decoded = [picture for picture in lesson.viewer.decoded() if picture >= began]
    assert decoded, "a picture within a second"
    assert len(decoded) >= 14, "within 300 ms"
    assert decoded == list(range(decoded[0], decoded[-1] + 1))
    assert len(lesson.viewer.audio()) >= heard + 19, "sound from the first packet on"


@pytest.mark.parametrize("seconds", SECONDS)
@pytest.mark.parametrize("who", ["publisher", "viewer", "both"])
def test_pictures_and_sound_are_back_when_the_line_is(
    stage: Stage, who: str, seconds: float
) -> None:
    lesson = Class(stage)
    lesson.run(3000)
    peers: dict[str, list[Peer]] = {
        "publisher": [lesson.publisher],
        "viewer": [lesson.viewer],
        "both": [lesson.publisher, lesson.viewer],
    }
    stage.cut = {peer.address for peer in peers[who]}
    lesson.run(int(seconds * 1000))
    stage.cut = set()
    lesson.check_now()
    assert_all_is_back(lesson)


@pytest.mark.parametrize("seconds", SECONDS)
@pytest.mark.parametrize("who", ["publisher", "viewer"])
def test_pictures_and_sound_are_back_after_an_ice_restart(
    stage: Stage, who: str, seconds: float
) -> None:
    """The line is gone, the client asks for new credentials meanwhile and comes from elsewhere."""
    lesson = Class(stage)
    lesson.run(3000)
    peer = lesson.publisher if who == "publisher" else lesson.viewer
    stage.cut = {peer.address}
    lesson.run(int(seconds * 500))
    peer.ufrag = b"another"
    stage.kernel.restart_ice(peer.handle, peer.ufrag, PASSWORD)
    lesson.run(int(seconds * 500))
    peer.address = ("10.7.7.7", 7777)
    stage.peers[peer.address] = peer
    lesson.check_now()
    assert_all_is_back(lesson)


def test_a_session_that_takes_another_s_place_is_shown_when_it_is_said(stage: Stage) -> None:
    """The same participant with a new PeerConnection: the viewer's slot goes on in one stream."""
    lesson = Class(stage)
    lesson.run(1000)
    stage.kernel.close_session(lesson.publisher.handle)
    lesson.publisher = Peer(stage, 1, 1)
    stage.peers[lesson.publisher.address] = lesson.publisher
    lesson.publisher.check()
    lesson.publisher.take_keys()
    lesson.publisher.publish()
    before = len(lesson.viewer.video())
    lesson.encoder = Encoder(stage, lesson.publisher)
    lesson.encoder.picture = 1000
    lesson.run(500)
    assert len(lesson.viewer.video()) == before
    lesson.viewer.show(0, lesson.publisher)
    assert_all_is_back(lesson)


@pytest.mark.parametrize("seconds", SECONDS)
def test_pictures_and_sound_are_back_when_the_process_was_stopped(
    stage: Stage, seconds: float
) -> None:
    """Time goes on without it, and what has come meanwhile is lost with the socket's buffer."""
    lesson = Class(stage)
    lesson.run(3000)
    for _ in range(0, int(seconds * 1000), 50):
        lesson.encoder.encode(keyframe=False)
        stage.now += 50_000
    lesson.check_now()
    assert_all_is_back(lesson)


@pytest.mark.parametrize("seconds", [1, 7, 20, 60, 120])
def test_who_was_there_before_the_process_was_stopped_is_not_taken_for_silent(
    stage: Stage, seconds: int
) -> None:
    """The first ticks come before what waits in the socket's buffer is read."""
    lesson = Class(stage)
    lesson.run(3000)
    stage.kernel.events()
    lesson.viewer.media.clear()
    stage.now += seconds * 1_000_000
    stage.wait(60)
    assert stage.kernel.events() == []
    lesson.publisher.speak()
    for packet in lesson.encoder.encode(keyframe=False):
        lesson.publisher.send(packet)
    assert len(lesson.viewer.audio()) == 1
    assert len(lesson.viewer.video()) == 1


def test_who_left_while_the_process_was_stopped_is_sent_nothing_for_longer(stage: Stage) -> None:
    lesson = Class(stage)
    lesson.run(3000)
    stage.now += 60_000_000
    for _ in range(140):
        stage.wait(50)
        lesson.publisher.speak()
    lesson.viewer.media.clear()
    lesson.publisher.speak()
    assert lesson.viewer.media == []


def test_feedback_goes_on_after_an_outage_of_many_packets(stage: Stage) -> None:
    """40,000 transport-wide numbers later they seem to be older than the last."""
    lesson = Class(stage)
    lesson.run(1000)
    lesson.publisher.transport_sequence += 40_000
    stage.wait(20_000)
    lesson.publisher.rtcp.clear()
    lesson.run(500)
    reported = [
        struct.unpack("!H", body[8:10])[0]
        for kind, count, body in lesson.publisher.rtcp
        if (kind, count) == (205, 15)
    ]
    assert reported
    assert (
        lesson.publisher.transport_sequence - 40
        < max(reported)
        <= lesson.publisher.transport_sequence
    )


@pytest.mark.parametrize("before", [1, 70_000])
@pytest.mark.parametrize("unheard", [20_000, 33_000, 60_000, 70_000, 200_000])
def test_a_publisher_who_went_on_sending_while_he_was_away_is_seen_again(
    stage: Stage, before: int, unheard: int
) -> None:
    """Beyond 32,768 packets the roll-over cannot be told from the number (RFC 3711 §3.3.1)."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher)

    def send(packets: int) -> None:
        for _ in range(0, packets, 10_000):
            publisher.next_sequence[3] += 9_999
            publisher.camera(0, keyframe=True)

    send(before)
    stage.wait(100)
    stage.cut.add(publisher.address)
    send(unheard)
    for _ in range(10):
        stage.wait(4_000)
        viewer.check()
    stage.cut.clear()
    publisher.check()
    seen = len(viewer.video())
    for picture in range(1, 21):
        publisher.camera(picture, keyframe=picture % 5 == 0)
        stage.wait(50)
    assert pictures(viewer.video()[seen:])[-16:] == list(range(5, 21))


@pytest.mark.parametrize("lost", [2, 3, 6])
def test_whose_numbers_came_round_before_he_was_heard_is_seen_and_heard(
    stage: Stage, lost: int
) -> None:
    """aiortc, werift and libdatachannel begin with any number, also with one of the last."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    viewer.show(0, publisher)
    publisher.next_sequence = dict.fromkeys(range(4), 65534)
    stage.cut.add(publisher.address)
    for picture in range(50):
        if picture == lost:
            stage.cut.clear()
            publisher.check()
        publisher.camera(picture, keyframe=picture % 10 == 0)
        publisher.speak()
        stage.wait(20)
    assert pictures(viewer.video()) == list(range(10, 50))
    assert len(viewer.audio()) == 50 - lost


@pytest.mark.parametrize("unheard", [0, 33_000, 200_000])
def test_nobody_is_kept_out_after_a_silence_by_what_strangers_send(
    stage: Stage, unheard: int
) -> None:
    """A recorded packet before each of his own: it must not choose the roll-over that his is tried
    at."""
    publisher, viewer = stage.join(1), stage.join(2)
    publisher.publish()
    viewer.view()
    recorded = publisher.send(rtp(OPUS, 1000, 0, 100, bytes(60), extensions={MID: b"0"}))
    publisher.next_sequence[0] = 1001
    stage.cut.add(publisher.address)
    for _ in range(0, unheard, 10_000):
        publisher.next_sequence[0] += 9_999
        publisher.speak()
    for _ in range(2):
        stage.wait(4_000)
        viewer.check()
    stage.cut.clear()
    publisher.check()
    heard = len(viewer.audio())
    for _ in range(50):
        stage.receive(recorded, publisher.address)
        publisher.speak()
        stage.wait(20)
    assert len(viewer.audio()) - heard >= (47 if unheard else 50)
