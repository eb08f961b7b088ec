"""How many bits a line carries."""

from itertools import islice, pairwise
from pathlib import Path
from random import Random

import pytest

from bench.line.capacity import (
    OPPORTUNITY_BITS,
    Stalls,
    Steps,
    Transmitter,
    Wander,
    carried,
    read_trace,
    steady,
)


def test_what_is_sent_over_a_step_takes_its_time_on_both_sides() -> None:
    transmitter = Transmitter(Steps(((0, 1000.0), (2, 100.0))).segments(Random(1)))
    assert transmitter.finish(0.0, 1000) == 1.0
    assert transmitter.finish(1.5, 600) == pytest.approx(2 + 1.0)
    assert transmitter.finish(10.0, 100) == 11.0


def test_nothing_is_sent_in_an_interruption() -> None:
    transmitter = Transmitter(Steps(((0, 1000.0), (1, 0.0), (5, 1000.0))).segments(Random(1)))
    assert transmitter.finish(0.5, 1000) == pytest.approx(5.5)


def test_a_capacity_with_a_period_repeats() -> None:
    steps = Steps(((0, 8.0), (1, 16.0)), period=3)
    assert list(islice(steps.segments(Random(1)), 5)) == [(0, 8), (1, 16), (3, 8), (4, 16), (6, 8)]


@pytest.mark.parametrize(
    ("segments", "period"),
    [
        ((), None),
        (((1, 5.0),), None),
        (((0, 5.0), (0, 6.0)), None),
        (((0, -1.0),), None),
        (((0, 5.0), (3, 0.0)), None),
        (((0, 0.0), (3, 0.0)), 9),
        (((0, 5.0), (3, 1.0)), 3),
    ],
)
def test_what_is_no_capacity_is_refused(
    segments: tuple[tuple[float, float], ...], period: float | None
) -> None:
    with pytest.raises(ValueError, match=r"segment|rate|period"):
        Steps(segments, period)


def test_a_trace_has_carried_as_much_at_each_moment_as_it_says(tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_text("0\n3\n3\n10\n")
    steps = read_trace(file)
    assert steps.period == 0.010

    def packets(end: float) -> float:
        return carried(steps.segments(Random(1)), [0, end])[0] / OPPORTUNITY_BITS

    assert packets(0.003) == pytest.approx(2)
    # The moment 0 of a round is the end of the one before.
    assert packets(0.010) == pytest.approx(4)
    assert packets(0.023) == pytest.approx(10)


@pytest.mark.parametrize("text", ["", "0\n", "5\n3\n", "1.5\n", "fast\n"])
def test_what_is_no_trace_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "trace"
    file.write_text(text)
    with pytest.raises(ValueError, match=r"trace|ms|milliseconds"):
        read_trace(file)


@pytest.mark.parametrize("seed", range(20))
def test_stalls_take_their_share_of_the_time(seed: int) -> None:
    stalls = Stalls(steady(1000.0), every=2.0, length=0.5, least=0.1)
    segments = stalls.segments(Random(seed))
    share = carried(segments, [0, 4000])[0] / 4000 / 1000
    assert share == pytest.approx(2 / 2.5, abs=0.03)


@pytest.mark.parametrize("seed", range(20))
def test_stalls_only_take(seed: int) -> None:
    """Whatever is carried between is what would be carried without them."""
    free = Wander(1e6, 0.8, hold=0.3)
    segments = list(islice(Stalls(free, every=0.7, length=0.4).segments(Random(seed)), 400))
    assert all(later > earlier for (earlier, _), (later, _) in pairwise(segments))
    dice = Random(seed)
    dice.random()
    without = Transmitter(free.segments(dice))
    for begin, rate in segments:
        assert rate in (0.0, without.rate(begin))
    assert any(rate == 0 for _, rate in segments)


def test_a_wandering_rate_has_its_median_and_its_limit() -> None:
    segments = islice(Wander(1e6, 0.6, most=2e6).segments(Random(3)), 20000)
    rates = sorted(rate for _, rate in segments)
    assert rates[10000] == pytest.approx(1e6, rel=0.1)
    assert rates[-1] == 2e6
    assert rates[0] < 0.3e6


def test_the_same_dice_give_the_same_capacity() -> None:
    capacity = Stalls(Wander(1e6, 0.8), every=1, length=0.2)
    one, other = (list(islice(capacity.segments(Random(5)), 500)) for _ in range(2))
    assert one == other
    assert one != list(islice(capacity.segments(Random(6)), 500))


def test_what_is_carried_is_told_for_each_span() -> None:
    steps = Steps(((0, 100.0), (2, 0.0), (3, 10.0)))
    edges = [0.0, 0.5, 0.5, 2.5, 2.75, 4.0, 10.0]
    assert carried(steps.segments(Random(1)), edges) == [50, 0, 150, 0, 10, 60]
