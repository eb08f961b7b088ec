"""What a peer may tell of arrivals, true or not."""

import random
import struct

import pytest

from sfu.kernel.estimate import Estimator
from tests.kernel.feedback import write_feedback

START = 1_000_000
MOST = 20_000_000


class Talk:
    """A sender of 1200 bytes every `gap` µs, and a peer who tells of them."""

    def __init__(self, gap: int = 10_000) -> None:
        self.estimator = Estimator(START)
        self.now = START
        self.gap = gap
        self.number = 0

    def send(self, count: int) -> list[int]:
        """When each left; the numbers go on from the last."""
        left = []
        for _ in range(count):
            self.now += self.gap
            self.number += 1
            assert self.estimator.sent(self.now, 1200) == self.number & 0xFFFF
            left.append(self.now)
        return left

    def tell(self, first: int, arrivals: list[int | None]) -> bool:
        return self.estimator.feedback(self.now, write_feedback(first, arrivals, 0)[4:])

    def round(self, count: int = 10, delay: int = 20_000) -> None:
        first = self.number + 1
        left = self.send(count)
        self.now += delay
        assert self.tell(first, [at + delay for at in left])
        self.now -= delay


def test_what_arrives_is_counted_and_the_round_trip_known() -> None:
    talk = Talk()
    for _ in range(20):
        talk.round()
    state = talk.estimator.state
    assert state["acked"] == pytest.approx(1200 * 8 * 100, rel=0.1)
    assert state["in_flight"] == 0
    assert state["rtt"] == pytest.approx(20_000, abs=10)


def test_numbers_wrap() -> None:
    talk = Talk(gap=1000)
    for _ in range(6_700):
        talk.round(10)
    assert talk.number > 0x10000
    assert talk.estimator.state["in_flight"] == 0


@pytest.mark.parametrize(
    ("first", "count"), [(21, 1), (11, 11), (0, 5), (0x8000, 3), (0xFFFF, 2), (30_000, 10)]
)
def test_what_was_never_sent_is_not_told_of(first: int, count: int) -> None:
    talk = Talk()
    talk.send(20)
    before = talk.estimator.state
    assert not talk.tell(first, [START] * count)
    assert talk.estimator.state == before


def test_a_long_silence_may_be_told_of_at_once() -> None:
    """As Chromium does after an outage: most of it lost, and some of it forgotten here."""
    talk = Talk(gap=1000)
    talk.round()
    first = talk.number + 1
    left = talk.send(1500)
    told: list[int | None] = [None] * 1490 + [at + 20_000 for at in left[1490:]]
    assert talk.tell(first, told)
    assert talk.estimator.state["in_flight"] < 1024 * 1200
    assert not talk.tell(first, [left[0] + 20_000]), "forgotten"


def test_what_was_told_counts_once() -> None:
    talk = Talk()
    for _ in range(10):
        talk.round()
    first = talk.number + 1
    told: list[int | None] = [at + 20_000 for at in talk.send(10)]
    assert talk.tell(first, told)
    state = talk.estimator.state
    for _ in range(50):
        assert talk.tell(first, told)
    after = talk.estimator.state
    assert after["acked"] == state["acked"]
    assert after["lost"] == state["lost"]
    assert after["target"] <= state["target"] * 1.02


def body(count: int, chunks: bytes, deltas: bytes = b"", base: int = 1) -> bytes:
    return struct.pack("!IIHHI", 1, 2, base, count, 0) + chunks + deltas


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(15),
        body(0, b""),
        body(1, b""),
        body(3, b"\x20\x03", b"\x01\x01"),
        body(2, b"\x20\x01"),
        body(1, b"\x60\x01", b"\0\0\0\0"),
        body(1, b"\x00\x00"),
        body(8, b"\xd5\x55", b"\x01" * 8),
        body(1, b"\x40\x01", b"\x01"),
        body(2049, b"\x08\x01"),
        body(0xFFFF, b"\x1f\xff" * 8),
    ],
)
def test_malformed_feedback_changes_nothing(data: bytes) -> None:
    talk = Talk()
    talk.send(20)
    before = talk.estimator.state
    assert not talk.estimator.feedback(talk.now, data)
    assert talk.estimator.state == before


@pytest.mark.parametrize("speed", [0.01, 0.1, 0.5])
def test_a_slow_clock_makes_no_line_wider(speed: float) -> None:
    """So that much seems to arrive in a short time; what was sent proves no more than that."""
    talk = Talk()
    for _ in range(300):
        first = talk.number + 1
        left = talk.send(10)
        assert talk.tell(first, [int(at * speed) for at in left])
    assert talk.estimator.state["acked"] <= 1.1 * 960_000
    assert talk.estimator.state["target"] <= 1.5 * 1.1 * 960_000 + 10_000


def test_arrivals_from_the_future_make_no_line_wider() -> None:
    talk = Talk()
    ahead = 0
    for turn in range(300):
        first = talk.number + 1
        left = talk.send(10)
        ahead = 3_600_000_000 if turn % 2 else 0
        assert talk.tell(first, [left[0] + ahead] * 10)
    assert talk.estimator.state["target"] <= 1.5 * 1.1 * 960_000 + 10_000


def test_a_probe_proves_no_more_than_was_sent() -> None:
    talk = Talk()
    estimator = talk.estimator
    for turn in range(2_000):
        first = talk.number + 1
        for _ in range(10):
            talk.now += 5_000
            due = max(1200, estimator.probe(talk.now, 50_000_000))
            for _ in range(-(-due // 1200)):
                talk.number += 1
                estimator.sent(talk.now, 1200)
        # All of it at once, whenever it left.
        assert talk.tell(first, [talk.now - turn % 3] * (talk.number - first + 1))
        assert estimator.state["target"] <= MOST
        assert estimator.pace <= 2.5 * MOST


def test_probes_that_show_nothing_last_longer() -> None:
    """Of a line of which nothing is known yet as well."""
    talk = Talk()
    talk.round()
    lasted = []
    for _ in range(3):
        while not (due := talk.estimator.probe(talk.now, 5_000_000)) > 0:
            talk.round(1)
        began = talk.now
        while due >= 0:
            for _ in range(-(-due // 1200)):
                talk.number += 1
                talk.estimator.sent(talk.now, 1200)
            talk.now += 1_000
            due = talk.estimator.probe(talk.now, 5_000_000)
        lasted.append(talk.now - began)
    assert lasted[2] >= 1.5 * lasted[0]


@pytest.mark.parametrize("seed", range(50))
def test_nothing_that_is_told_breaks_it(seed: int) -> None:
    dice = random.Random(seed)
    talk = Talk(gap=dice.choice([100, 2_000, 50_000]))
    for _ in range(60):
        first = talk.number + 1
        left = talk.send(dice.randint(1, 40))
        told = [
            None if dice.random() < 0.2 else max(0, at + dice.randint(-500_000, 500_000))
            for at in left
        ]
        told[dice.randrange(len(told))] = left[0]
        if dice.random() < 0.7:
            first += dice.randint(-60, 3)
        data = bytearray(write_feedback(first, _steps(told), 0)[4:])
        if dice.random() < 0.2:
            data[dice.randrange(len(data))] = dice.randrange(256)
        talk.estimator.feedback(talk.now, bytes(data))
        talk.estimator.tick(talk.now)
        talk.estimator.probe(talk.now, dice.choice([0, 500_000, 1 << 62]))
        talk.now += dice.choice([0, 1_000_000])
        state = talk.estimator.state
        assert 30_000 <= state["target"] <= MOST
        assert 0 <= talk.estimator.pace <= 2.5 * MOST
        assert 0 <= state["in_flight"] <= 1024 * 1200


def _steps(told: list[int | None]) -> list[int | None]:
    """No further from one to the next than a delta can say."""
    found: list[int | None] = []
    last = None
    for at in told:
        if at is not None:
            at = at if last is None else min(max(at, last - 8_000_000), last + 8_000_000)
            last = at
        found.append(at)
    return found


def test_a_remb_is_a_bound_for_who_tells_no_arrivals() -> None:
    estimator = Estimator(START, 4_000_000)
    estimator.remb(START + 100_000, 500_000, 1_000_000)
    assert estimator.state["target"] == 500_000
    estimator.remb(START + 200_000, 1 << 62, 500_000)
    assert estimator.state["target"] <= MOST


@pytest.mark.parametrize(("away", "known"), [(30, True), (3600, False)])
def test_how_long_the_way_was_is_forgotten_as_clocks_drift(away: int, known: bool) -> None:
    """Who has settled may not be counted for an hour: 40 parts in a million are 0.15 s then."""
    talk = Talk()
    for _ in range(100):
        talk.round()
    talk.now += away * 1_000_000
    for _ in range(3):
        talk.round(delay=170_000)
    assert (talk.estimator.state["wait"] == pytest.approx(150_000, abs=1000)) == known
