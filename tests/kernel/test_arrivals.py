"""Transport-wide feedback, read back by the draft (draft-holmer-rmcat-transport-wide-cc-01 §3.1).

Whatever is lost, reordered or late: each arrival is reported once, at its time to a quarter of a
millisecond, and nothing that did not arrive is.
"""

import struct
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.kernel.peer import MID, RID, TRANSPORT_CC, VP8, Stage, rtp, vp8

TICK = 250
REFERENCE = 64000


def symbols(body: bytes, count: int) -> Iterator[int]:
    """Packet statuses chunk by chunk; the rest of `body` is what `deltas` reads."""
    at = 0
    while count > 0:
        chunk = struct.unpack_from("!H", body, at)[0]
        at += 2
        if chunk >> 15 == 0:
            statuses = [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk >> 14 & 1:
            statuses = [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            statuses = [chunk >> shift & 1 for shift in range(13, -1, -1)]
        yield from statuses[:count]
        count -= len(statuses)
    yield -at


def read(body: bytes) -> dict[int, int]:
    """Arrival in µs by transport-wide number, from a feedback packet's body."""
    base, count = struct.unpack_from("!HH", body, 8)
    time = int.from_bytes(body[12:15], "big") * REFERENCE
    *statuses, end = symbols(body[16:], count)
    at = 16 - end
    arrived = {}
    for number, status in enumerate(statuses, base):
        assert status in (0, 1, 2)
        if status == 1:
            time += body[at] * TICK
            at += 1
        elif status == 2:
            time += struct.unpack_from("!h", body, at)[0] * TICK
            at += 2
        if status:
            arrived[number & 0xFFFF] = time
    assert len(body) - at < 4, "nothing but padding follows"
    return arrived


STEPS = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 1, 2, 5, 30, -1, -3]),
        st.sampled_from([0, 0, 100, 250, 1000, 20000, 70000, 3_000_000]),
    ),
    min_size=1,
    max_size=120,
)


class Feedback:
    """What one publisher has been told so far; numbers are extended beyond 16 bits."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.publisher = stage.join(1)
        self.publisher.publish()
        self.reported: dict[int, int] = {}
        self.next_count = 0

    def arrive(self, number: int, sequence: int) -> None:
        elements = {MID: b"1", RID: b"f", TRANSPORT_CC: struct.pack("!H", number & 0xFFFF)}
        self.publisher.send(rtp(VP8, sequence, 0, 77, vp8(0), extensions=elements))

    def read(self, near: int) -> None:
        for kind, count, body in self.publisher.rtcp:
            if (kind, count) != (205, 15):
                continue
            assert body[15] == self.next_count & 0xFF
            self.next_count += 1
            for number, time in read(body).items():
                extended = near + (number - near + 0x8000) % 0x10000 - 0x8000
                assert extended not in self.reported, "told twice"
                self.reported[extended] = time
        self.publisher.rtcp.clear()


@settings(max_examples=100)
@given(steps=STEPS, first=st.sampled_from([5, 32760, 65530]))
def test_each_arrival_is_told_once_at_its_time(steps: list[tuple[int, int]], first: int) -> None:
    stage = Stage()
    try:
        feedback = Feedback(stage)
        arrivals: dict[int, int] = {}
        number = first
        for sequence, (step, wait) in enumerate(steps):
            number += step
            stage.now += wait
            if wait >= 20000:
                stage.wait(100)
                feedback.read(number)
            if number in arrivals or number < 0:
                continue
            feedback.arrive(number, 100 + sequence)
            arrivals[number] = stage.now
            feedback.read(number)
        stage.wait(500)
        feedback.read(number)
        # Also what was overtaken across the edge of two feedbacks (draft §3.1.1 lets it go back).
        assert set(feedback.reported) == set(arrivals)
        for told, time in feedback.reported.items():
            assert abs(time - arrivals[told]) <= TICK
    finally:
        stage.kernel.close()


def test_what_was_overtaken_long_ago_is_told_no_more() -> None:
    stage = Stage()
    try:
        feedback = Feedback(stage)
        for sequence, number in enumerate([1, 200, 201, 2]):
            feedback.arrive(number, 100 + sequence)
            stage.wait(100)
            feedback.read(number)
        assert set(feedback.reported) == {1, 200, 201}
    finally:
        stage.kernel.close()
