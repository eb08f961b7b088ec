"""What publishers repeat of sound is taken, and what a viewer lost of it goes with the next."""

from itertools import pairwise

import pytest

from sfu.kernel.core import KIND_MICROPHONE
from tests.kernel.peer import OPUS, Peer, Stage
from tests.kernel.sound import (
    FRAME,
    VIEWER_OPUS,
    asks,
    carried,
    frame,
    listener,
    red,
    reports_loss,
    sound,
    speaker,
)


def speech(stage: Stage, peer: Peer, numbers: range, *, earlier: int = 0) -> None:
    for number in numbers:
        sound(peer, number, earlier=earlier)
        stage.wait(20)


def lossy(stage: Stage, publisher: Peer, viewer: Peer, part: float, *, seconds: int = 8) -> int:
    """The viewer tells that this part of what he is sent gets lost. The next frame's number."""
    number = 1000
    first = None
    for _ in range(seconds):
        speech(stage, publisher, range(number, number + 50))
        number += 50
        highest = viewer.audio()[-1].sequence
        first = viewer.audio()[0].sequence if first is None else first
        reports_loss(viewer, lost=round(part * (highest - first)), highest=highest)
    return number


def test_a_viewer_without_loss_gets_the_newest_frame_alone(stage: Stage) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    speech(stage, publisher, range(1000, 1050), earlier=2)
    assert [carried(p) for p in viewer.audio()] == [[n] for n in range(1000, 1050)]
    assert {p.payload_type for p in viewer.audio()} == {VIEWER_OPUS}


def test_what_a_publisher_lost_is_taken_from_the_next_packet(stage: Stage) -> None:
    publisher = speaker(stage)
    viewers = listener(stage, 2), listener(stage, 3, with_red=False)
    for number in range(1000, 1060):
        if number not in (1010, 1020, 1021):
            sound(publisher, number, earlier=2)
        stage.wait(20)
    for viewer in viewers:
        packets = viewer.audio()
        assert [carried(p) for p in packets] == [[n] for n in range(1000, 1060)]
        assert all(b.sequence == a.sequence + 1 for a, b in pairwise(packets))
        assert all(b.timestamp == a.timestamp + FRAME for a, b in pairwise(packets))
    assert stage.kernel.counters()["sound_recovered"] == 3


def test_a_frame_that_comes_late_all_the_same_is_heard_once(stage: Stage) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    for number in (1000, 1001, 1003, 1002, 1004):
        sound(publisher, number, earlier=1)
    assert [carried(p) for p in viewer.audio()] == [[n] for n in range(1000, 1005)]


def test_a_closed_gate_lets_nothing_of_before_through(stage: Stage) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    after = lossy(stage, publisher, viewer, 0.05)
    stage.kernel.set_gate(publisher.handle, KIND_MICROPHONE, False)
    speech(stage, publisher, range(after, after + 10))
    stage.kernel.set_gate(publisher.handle, KIND_MICROPHONE, True)
    speech(stage, publisher, range(after + 10, after + 20))
    heard = {n for p in viewer.audio() for n in carried(p)}
    assert heard.isdisjoint(range(after, after + 10))
    assert heard >= set(range(after + 10, after + 20))


@pytest.mark.parametrize(("part", "frames"), [(0.0, 1), (0.003, 1), (0.05, 2), (0.12, 3)], ids=str)
def test_where_packets_get_lost_earlier_frames_go_along(
    stage: Stage, part: float, frames: int
) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    number = lossy(stage, publisher, viewer, part)
    speech(stage, publisher, range(number, number + 10))
    for packet, newest in zip(viewer.audio()[-10:], range(number, number + 10), strict=True):
        assert carried(packet) == list(range(newest - frames + 1, newest + 1))


def test_other_viewers_pay_nothing_for_it(stage: Stage) -> None:
    publisher, viewer, other = speaker(stage), listener(stage), listener(stage, 3)
    without = listener(stage, 4, with_red=False)
    lossy(stage, publisher, viewer, 0.05)
    for peer in (other, without):
        assert {len(carried(p)) for p in peer.audio()} == {1}


def test_it_ends_with_the_loss(stage: Stage) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    number = lossy(stage, publisher, viewer, 0.05)
    lost = round(0.05 * (number - 1000))
    for _ in range(12):
        speech(stage, publisher, range(number, number + 50))
        number += 50
        reports_loss(viewer, lost=lost, highest=viewer.audio()[-1].sequence)
    assert carried(viewer.audio()[-1]) == [number - 1]


def test_what_a_viewer_asks_for_comes_with_the_next_packet(stage: Stage) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    speech(stage, publisher, range(1000, 1010))
    lost = viewer.audio()[6].sequence, viewer.audio()[8].sequence
    asks(viewer, *lost)
    speech(stage, publisher, range(1010, 1013))
    assert [carried(p) for p in viewer.audio()[10:]] == [[1006, 1008, 1010], [1011], [1012]]
    numbers = [p.sequence for p in viewer.audio()]
    assert len(set(numbers)) == len(numbers), "no number is encrypted twice"


def test_who_asks_again_at_once_is_not_sent_it_twice(stage: Stage) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    speech(stage, publisher, range(1000, 1010))
    for number in range(1010, 1013):
        asks(viewer, viewer.audio()[8].sequence)
        speech(stage, publisher, range(number, number + 1))
    assert [carried(p) for p in viewer.audio()[10:]] == [[1008, 1010], [1011], [1012]]
    stage.wait(200)
    asks(viewer, viewer.audio()[8].sequence)
    speech(stage, publisher, range(1013, 1014))
    assert carried(viewer.audio()[-1]) == [1008, 1013]


def test_what_was_long_ago_is_not_sent_any_more(stage: Stage) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    speech(stage, publisher, range(1000, 1040))
    asks(viewer, viewer.audio()[10].sequence, viewer.audio()[0].sequence - 1)
    asks(viewer, viewer.audio()[-1].sequence + 5)
    speech(stage, publisher, range(1040, 1042))
    assert [carried(p) for p in viewer.audio()[40:]] == [[1040], [1041]]


def test_who_asks_for_everything_gets_no_more_than_a_few_at_a_time(stage: Stage) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    speech(stage, publisher, range(1000, 1010))
    for number in range(1010, 1110):
        asks(viewer, *(viewer.audio()[-1].sequence - n for n in range(15)))
        speech(stage, publisher, range(number, number + 1))
    sizes = [len(carried(p)) for p in viewer.audio()[10:]]
    assert max(sizes) <= 5
    assert sum(sizes) <= 3.5 * len(sizes), "each hardly more than once in a round trip"


def test_nobody_hears_what_another_said_in_the_same_place(stage: Stage) -> None:
    """A frame that goes along belongs to the stretch of speech that the viewer hears."""
    first, second, viewer = speaker(stage), speaker(stage, 3), listener(stage)
    number = lossy(stage, first, viewer, 0.12)
    stage.wait(4000)
    speech(stage, second, range(5000, 5005))
    heard = [carried(p) for p in viewer.audio() if p.csrc == 3 * 4]
    assert heard[:3] == [[5000], [5000, 5001], [5000, 5001, 5002]]
    assert number


HOSTILE = {
    "nothing": b"",
    "cut short": b"\xef\x0f",
    "a length beyond the end": b"\xef\x0f\x03\xff\x6fx",
    "no newest": b"\xef\x0f\x00\x00",
    "an unknown type": red((96, FRAME, frame(1001)), last=(96, frame(1002))),
    "red in red": red((63, FRAME, frame(1001)), last=(63, frame(1002))),
    "an empty newest": red((OPUS, FRAME, frame(1001)), last=(OPUS, b"")),
    "too many": red(*[(OPUS, FRAME, b"x")] * 60, last=(OPUS, b"x")),
}


@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_payload_harms_nobody(stage: Stage, payload: bytes) -> None:
    publisher, viewer = speaker(stage), listener(stage)
    speech(stage, publisher, range(1000, 1002))
    sound(publisher, 1002, payload=payload)
    speech(stage, publisher, range(1003, 1010), earlier=1)
    heard = [carried(p) for p in viewer.audio() if p.payload]
    assert [n for n in heard if n != [1002]] == [[1000], [1001], *([n] for n in range(1003, 1010))]


def test_red_that_was_not_negotiated_is_dropped(stage: Stage) -> None:
    publisher, viewer = stage.join(1), listener(stage)
    publisher.publish()
    sound(publisher, 1000)
    sound(publisher, 1001, earlier=1)
    assert [carried(p) for p in viewer.audio()] == [[1000]]
    assert stage.kernel.counters()["dropped_codec"] == 1


def test_silent_sources_hold_no_packets(stage: Stage) -> None:
    """Otherwise everybody who has ever spoken would."""
    publisher, viewer = speaker(stage), listener(stage)
    number = lossy(stage, publisher, viewer, 0.05)
    for later in range(number, number + 150):
        sound(publisher, later, level=127)
        stage.wait(20)
    asks(viewer, viewer.audio()[-1].sequence)
    sound(publisher, number + 150, level=30)
    assert carried(viewer.audio()[-1]) == [number + 150]
