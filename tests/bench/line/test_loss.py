"""Which packets get lost."""

from itertools import groupby
from random import Random

import pytest

from bench.line.loss import Loss, Losses

PACKETS = 100_000


def lost(loss: Loss, seed: int, packets: int = PACKETS) -> list[bool]:
    losses = Losses(loss, Random(seed))
    return [losses.lost() for _ in range(packets)]


def bursts(packets: list[bool]) -> list[int]:
    return [len(list(group)) for is_lost, group in groupby(packets) if is_lost]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.5])
def test_random_loss_has_its_share(share: float) -> None:
    packets = lost(Loss(share), seed=1)
    assert sum(packets) / PACKETS == pytest.approx(share, abs=0.005)
    found = bursts(packets)
    if share:
        assert sum(found) / len(found) == pytest.approx(1 / (1 - share), rel=0.05)


@pytest.mark.parametrize(("share", "burst"), [(0.01, 4), (0.05, 1), (0.05, 10), (0.3, 3)])
def test_bursty_loss_has_its_share_and_its_bursts(share: float, burst: float) -> None:
    runs = [lost(Loss(share, burst), seed) for seed in range(5)]
    assert sum(map(sum, runs)) / (5 * PACKETS) == pytest.approx(share, rel=0.08)
    found = [length for run in runs for length in bursts(run)]
    assert sum(found) / len(found) == pytest.approx(burst, rel=0.08)


def test_it_is_as_if_it_had_gone_on_for_ever() -> None:
    """The first packet is lost as often as any other: no run begins well."""
    first = [lost(Loss(0.3, 20), seed, packets=1)[0] for seed in range(4000)]
    assert sum(first) / len(first) == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(("share", "burst"), [(1.0, None), (-0.1, None), (0.1, 0.5), (0.8, 1.0)])
def test_what_cannot_be_is_refused(share: float, burst: float | None) -> None:
    with pytest.raises(ValueError, match="share"):
        Loss(share, burst)
