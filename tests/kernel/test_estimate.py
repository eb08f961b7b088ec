"""What the estimator makes of lines, as properties over seeds; `python -m bench.estimate` takes
thousands."""

from itertools import pairwise

import pytest

from bench.estimate.media import Layered
from bench.estimate.scenarios import SCENARIOS
from bench.estimate.simulation import Simulation
from bench.line.capacity import Steps
from bench.line.traits import Queue, Traits

SEEDS = 12


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_line_is_found_out(name: str) -> None:
    scenario = SCENARIOS[name]
    missed = {
        seed: misses
        for seed in range(1, SEEDS + 1)
        if (misses := scenario.misses(scenario.run(seed)))
    }
    assert missed == {}


@pytest.mark.parametrize("seed", range(1, 5))
def test_a_line_that_stands_still_for_a_moment_is_not_full(seed: int) -> None:
    capacity = Steps(((0.0, 5e6), (2.0, 0.0)), period=2.12)
    media = Layered()
    line = Traits(capacity=capacity, queue=Queue(seconds=0.5), delay=0.02)
    Simulation(line, media, seed).run(25)
    downs = [at for (_, before), (at, after) in pairwise(media.steps) if after < before]
    assert (media.chosen, downs) == (2, [])
