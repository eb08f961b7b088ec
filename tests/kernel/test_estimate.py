"""What the estimator makes of lines, as properties over seeds; `python -m bench.estimate` takes
thousands."""

import pytest

from bench.estimate.scenarios import SCENARIOS

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
