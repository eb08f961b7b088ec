"""The lines by name, as they are described."""

import re
from pathlib import Path
from statistics import mean

import pytest

from bench.line.direction import LOSS
from bench.line.presets import PRESETS
from bench.line.traits import Traits
from tests.bench.line.flows import Flow, even

VOICE = even(40_000, 60, size=160)


def voice(traits: Traits, seed: int) -> Flow:
    return Flow(traits, VOICE, seed)


@pytest.mark.parametrize("name", PRESETS)
def test_voice_alone_gets_through(name: str) -> None:
    """Each of them is bad for some, none for sound alone, if it is looked after."""
    for seed in range(5):
        for traits in (PRESETS[name].up, PRESETS[name].down):
            assert voice(traits, seed).share() > 0.85


@pytest.mark.parametrize("name", ["2mbit", "1mbit", "300kbit", "100kbit"])
def test_a_narrow_line_carries_what_its_name_says(name: str) -> None:
    flow = Flow(PRESETS[name].down, even(4e6, 20))
    bits = sum(flow.sent[number][1] * 8 for number in flow.numbers)
    rate = bits / (flow.came[-1][0] - flow.came[0][0])
    assert rate == pytest.approx(float(name.replace("mbit", "e6").replace("kbit", "e3")), rel=0.01)


@pytest.mark.parametrize(("name", "share"), [("loss2", 0.02), ("loss5", 0.05), ("loss10", 0.1)])
def test_a_lossy_line_loses_what_its_name_says(name: str, share: float) -> None:
    found = mean(voice(PRESETS[name].down, seed).share(LOSS) for seed in range(30))
    assert found == pytest.approx(share, rel=0.1)


def test_an_upload_fills_the_queue_of_the_line_up_and_not_down() -> None:
    up = sorted(voice(PRESETS["adsl-upload"].up, 1).waited.values())
    assert up[len(up) // 2] > 0.5
    assert max(voice(PRESETS["adsl-upload"].down, 1).waited.values()) == 0


def test_a_satellite_is_far() -> None:
    preset = PRESETS["satellite"]
    there_and_back = [mean(voice(traits, 1).delays) for traits in (preset.up, preset.down)]
    assert sum(there_and_back) == pytest.approx(0.6, abs=0.05)


def test_each_is_described() -> None:
    told = (Path(__file__).parents[3] / "docs" / "lines.md").read_text()
    table = [line for line in told.splitlines() if line.startswith("| `")]
    names = {name for line in table for name in re.findall(r"`([^`]+)`", line.split("|")[1])}
    assert names == PRESETS.keys()
