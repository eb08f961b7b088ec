"""The round trip and the loss of each session, by what its peer reports."""

import struct

import pytest

from bench.line.loss import Loss
from bench.line.traits import Traits
from tests.kernel.asker import Asker, lesson
from tests.kernel.peer import PASSWORD, SLOT_SSRC, Peer, Stage, binding_success
from tests.kernel.test_feedback import bodies
from tests.kernel.test_forward import pair

MILLISECOND = 65536 / 1000


def rtt(peer: Peer) -> int:
    return peer.stage.kernel.session_stats(peer.handle)["rtt"]


def loss(peer: Peer) -> float:
    return peer.stage.kernel.session_stats(peer.handle)["loss"]


def report(viewer: Peer, *, sent: int, held: int = 0, highest: int = 1, lost: int = 0) -> None:
    """A receiver report on slot 0: `sent` is the middle of the time in ours."""
    block = struct.pack("!IIIIII", SLOT_SSRC, lost & 0xFFFFFF, highest, 0, sent, held & 0xFFFFFFFF)
    viewer.send_rtcp(struct.pack("!BBHI", 0x81, 201, 7, 1) + block)


def told(viewer: Peer) -> int:
    """The middle 32 bits of the time in our last sender report."""
    return int(struct.unpack("!Q", bodies(viewer.rtcp, 200)[-1][4:12])[0] >> 16 & 0xFFFFFFFF)


def reported(stage: Stage) -> Peer:
    """A viewer who has just had a sender report."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    picture = 0
    while not bodies(viewer.rtcp, 200):
        publisher.camera(picture, keyframe=picture == 0)
        stage.wait(10)
        picture += 1
    return viewer


@pytest.mark.parametrize("milliseconds", [4, 50, 600, 2000])
def test_the_round_trip_follows_from_a_viewers_reports(stage: Stage, milliseconds: int) -> None:
    traits = Traits(delay=milliseconds / 2000)
    asker = Asker(stage, 2, traits, traits)
    assert rtt(asker) == 0, "unknown"
    lesson(stage, asker, 8)
    assert abs(rtt(asker) - 1000 * milliseconds) <= 10_000


def test_a_round_trip_that_grows_shows_at_once_and_one_that_shrinks_soon(stage: Stage) -> None:
    viewer = reported(stage)
    report(viewer, sent=round(told(viewer) - 50 * MILLISECOND))
    first = rtt(viewer)
    report(viewer, sent=round(told(viewer) - 1000 * MILLISECOND))
    assert rtt(viewer) > 500_000
    for i in range(40):
        viewer.stage.now += 1000
        report(viewer, sent=round(told(viewer) - 49 * MILLISECOND) + i * 66)
    assert abs(rtt(viewer) - first) < 10_000


@pytest.mark.parametrize(
    ("sent", "held"),
    [(0, 0), (None, 20 * 65536), (None, 0x80000000), (None, 0xFFFFFFFF), (1, 0), (0xFFFFFFFF, 0)],
)
def test_a_round_trip_that_cannot_be_is_not_believed(
    stage: Stage, sent: int | None, held: int
) -> None:
    viewer = reported(stage)
    report(viewer, sent=told(viewer) if sent is None else sent, held=held)
    known = rtt(viewer)
    assert known == 0 or 0 < known < 10_000_000
    if held == 20 * 65536:
        assert known == 0, "kept for longer than it was under way"


def test_a_round_trip_of_a_little_less_than_nothing_is_short(stage: Stage) -> None:
    viewer = reported(stage)
    report(viewer, sent=told(viewer) + 60)
    assert 0 < rtt(viewer) < 1000


def test_reports_on_what_is_not_sent_say_nothing(stage: Stage) -> None:
    viewer = reported(stage)
    block = struct.pack("!IIIIII", 4711, 0, 1, 0, told(viewer), 0)
    viewer.send_rtcp(struct.pack("!BBHI", 0x81, 201, 7, 1) + block)
    viewer.send_rtcp(struct.pack("!BBHI", 0x9F, 201, 7, 1) + block)
    assert rtt(viewer) == 0


def test_what_viewers_lose_is_known(stage: Stage) -> None:
    asker = Asker(stage, 2, Traits(delay=0.02, loss=Loss(0.1)), Traits(delay=0.02))
    lesson(stage, asker, 10)
    assert 0.05 < loss(asker) < 0.16


def test_what_comes_late_was_not_lost(stage: Stage) -> None:
    viewer = reported(stage)
    report(viewer, sent=0, highest=1000)
    report(viewer, sent=0, highest=1100, lost=50)
    assert loss(viewer) == 0.5
    viewer.stage.wait(1100)
    report(viewer, sent=0, highest=1200, lost=5)
    assert loss(viewer) == 0


@pytest.mark.parametrize("highest", [0, 900, 1000 + 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("lost", [0, 0x7FFFFF, 0x800000, 0xFFFFFF])
def test_counts_that_cannot_be_are_no_loss(stage: Stage, highest: int, lost: int) -> None:
    viewer = reported(stage)
    report(viewer, sent=0, highest=1000)
    report(viewer, sent=0, highest=highest, lost=lost)
    report(viewer, sent=0, highest=1000)
    report(viewer, sent=0, highest=1100)
    stage.wait(1100)
    assert 0 <= loss(viewer) < 1


def answer(publisher: Peer, request: bytes, *, held: int, block: int = 5) -> bytes:
    """What RFC 3611 §4.5 asks for, to a receiver reference time (§4.4)."""
    kind, _, length, ntp = struct.unpack("!BBHQ", request[4:16])
    assert (kind, length) == (4, 2)
    body = struct.pack("!BBHIII", block, 0, 3, 1, ntp >> 16 & 0xFFFFFFFF, held)
    return struct.pack("!BBHI", 0x80, 207, 1 + len(body) // 4, publisher.number) + body


def asked_for_time(publisher: Peer) -> list[bytes]:
    return bodies(publisher.rtcp, 207)


def publish_for(stage: Stage, publisher: Peer, pictures: int) -> None:
    for picture in range(pictures):
        publisher.camera(picture, keyframe=picture == 0)
        stage.wait(10)


def test_a_publisher_is_asked_for_it_until_it_is_known(stage: Stage) -> None:
    publisher, _ = pair(stage)
    publish_for(stage, publisher, 150)
    request = asked_for_time(publisher)[-1]
    stage.wait(50)
    publisher.send_rtcp(answer(publisher, request, held=0))
    assert 30_000 < rtt(publisher) < 2_000_000
    before = len(asked_for_time(publisher))
    publish_for(stage, publisher, 300)
    assert len(asked_for_time(publisher)) == before
    publish_for(stage, publisher, 300)
    assert len(asked_for_time(publisher)) > before, "not told for long"


@pytest.mark.parametrize("cut", range(8, 24, 4))
def test_an_answer_cut_short_changes_nothing(stage: Stage, cut: int) -> None:
    publisher, _ = pair(stage)
    publish_for(stage, publisher, 150)
    whole = answer(publisher, asked_for_time(publisher)[-1], held=0)
    cut_short = whole[:cut]
    publisher.send_rtcp(cut_short[:2] + struct.pack("!H", len(cut_short) // 4 - 1) + cut_short[4:])
    publisher.send_rtcp(answer(publisher, asked_for_time(publisher)[-1], held=0, block=7))
    assert rtt(publisher) == 0


# ── who asks us ──


def question(viewer: Peer, ntp: int, *, words: int = 2) -> bytes:
    block = struct.pack("!BBHQ", 4, 0, words, ntp)
    return struct.pack("!BBHI", 0x80, 207, 4, viewer.number) + block


def answers(viewer: Peer) -> list[tuple[int, int, int]]:
    """Who is named, with which time, and how long it was kept (1/65536 s)."""
    found = []
    for body in bodies(viewer.rtcp, 207):
        ours, kind, _, words, *answered = struct.unpack("!IBBHIII", body)
        assert (ours, kind, words) == (SLOT_SSRC, 5, 3)
        found.append((answered[0], answered[1], answered[2]))
    return found


def test_a_viewer_who_asks_is_answered_once(stage: Stage) -> None:
    """Browsers that send nothing know the round trip by that, and ask for repairs at its pace."""
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    publish_for(stage, publisher, 20)
    viewer.send_rtcp(question(viewer, 0x0123456789ABCDEF))
    asked_at = stage.now
    while not answers(viewer):
        publish_for(stage, publisher, 1)
    [(ssrc, time, held)] = answers(viewer)
    assert (ssrc, time) == (viewer.number, 0x456789AB)
    assert abs(held / 65536 - (stage.now - asked_at) / 1e6) < 0.02
    publish_for(stage, publisher, 250)
    assert len(answers(viewer)) == 1
    assert rtt(viewer) == 0, "it tells us nothing"


@pytest.mark.parametrize("words", [0, 1, 3, 0xFFFF])
def test_a_question_of_another_length_is_none(stage: Stage, words: int) -> None:
    publisher, viewer = pair(stage)
    viewer.show(0, publisher)
    viewer.send_rtcp(question(viewer, 1 << 40, words=words))
    publish_for(stage, publisher, 150)
    assert answers(viewer) == []


# ── who does not answer in RTCP ──


def with_credentials(stage: Stage, number: int) -> Peer:
    """One that answers checks."""
    peer = stage.join(number)
    stage.kernel.set_peer(peer.handle, b"theirs", PASSWORD)
    return peer


def check_of(peer: Peer, seen: int) -> list[bytes]:
    return [data for data in peer.other[seen:] if data[:2] == b"\0\1"]


@pytest.mark.parametrize("milliseconds", [20, 600])
def test_a_peer_without_xr_is_asked_by_a_check(stage: Stage, milliseconds: int) -> None:
    publisher = with_credentials(stage, 1)
    publisher.publish()
    seen = 0
    while not check_of(publisher, seen):
        publish_for(stage, publisher, 1)
    [request] = check_of(publisher, seen)
    publish_for(stage, publisher, milliseconds // 10)
    stage.receive(binding_success(request, PASSWORD), publisher.address)
    assert abs(rtt(publisher) - 1000 * milliseconds) <= 10_000
    seen = len(publisher.other)
    publish_for(stage, publisher, 700)
    assert check_of(publisher, seen) == []
    publish_for(stage, publisher, 300)
    assert len(check_of(publisher, seen)) == 1, "not told for long"


def test_a_check_that_nobody_answers_is_not_repeated_for_the_round_trip(stage: Stage) -> None:
    publisher = with_credentials(stage, 1)
    publisher.publish()
    publish_for(stage, publisher, 1000)
    assert 3 <= len(check_of(publisher, 0)) <= 6, "each 2 s, seen at the next report"
    assert rtt(publisher) == 0


def test_who_falls_silent_is_asked_whether_he_is_there_as_ever(stage: Stage) -> None:
    publisher = with_credentials(stage, 1)
    publisher.publish()
    while not check_of(publisher, 0):
        publish_for(stage, publisher, 1)
    seen = len(publisher.other)
    stage.wait(1700)
    assert check_of(publisher, seen) == []
    stage.wait(2000)
    assert len(check_of(publisher, seen)) >= 3, "every half second"


def test_the_answer_to_a_repeated_check_is_no_measure(stage: Stage) -> None:
    publisher = with_credentials(stage, 1)
    publisher.publish()
    while not check_of(publisher, 0):
        publish_for(stage, publisher, 1)
    seen = len(publisher.other)
    stage.wait(3000)
    request = check_of(publisher, seen)[-1]
    stage.receive(binding_success(request, PASSWORD), publisher.address)
    assert rtt(publisher) == 0
