"""A viewer whose browser was killed holds his seat for a while. Nobody sends anything for him
meanwhile, and he has no say in what others get."""

import pytest

from sfu.ceilings import KBIT
from sfu.leaning import WHOLE
from sfu.lines import EVERY
from sfu.views import HOLD
from tests.sfu.stage import Stage, tile
from tests.sfu.test_lines import joined, short_of_all, slot, told

Q, H, F = 0, 1, 2


def reach(stage: Stage, handle: int, reachable: bool) -> None:
    stage.engine.set_reachable(handle, reachable, stage.now)
    stage.settle()


def asked(stage: Stage) -> list[str]:
    stage.pass_time(HOLD)
    return list(stage.actual["s1"].camera_layers)


@pytest.fixture
def stage() -> Stage:
    """One with a camera; one with a large tile of it, and one with a small one."""
    stage = Stage()
    stage.now = 1000.0
    joined(stage, 1, open=["camera"], uplink=3000 * KBIT)
    joined(stage, 2, view=[tile(0, 1, 720)])
    joined(stage, 3, view=[tile(0, 1, 100)])
    assert asked(stage) == ["q", "f"]
    return stage


def test_nothing_is_sent_for_him_alone(stage: Stage) -> None:
    reach(stage, 1, False)
    assert asked(stage) == ["q"]
    reach(stage, 2, False)
    assert asked(stage) == []


def test_nor_when_the_camera_comes_back_meanwhile(stage: Stage) -> None:
    reach(stage, 1, False)
    stage.want(1, open=[])
    stage.want(1, open=["camera"])
    assert asked(stage) == ["q"]


def test_what_the_kernel_had_still_told_of_him_changes_nothing(stage: Stage) -> None:
    reach(stage, 1, False)
    stage.engine.set_given(1, 0, H, stage.now)
    assert asked(stage) == ["q"]


@pytest.mark.parametrize(("given", "layers"), [(F, ["q", "f"]), (H, ["q", "h"]), (-1, ["q"])])
def test_when_he_is_back_it_is_sent_as_his_line_bears_it(
    stage: Stage, given: int, layers: list[str]
) -> None:
    reach(stage, 1, False)
    assert asked(stage) == ["q"]
    stage.kernel.stats[1] = {"slots": [slot(0, given)]}
    reach(stage, 1, True)
    assert asked(stage) == layers
    stage.engine.set_given(1, 0, Q, stage.now)
    assert asked(stage) == ["q"]


def test_of_a_slot_that_was_set_meanwhile_all_is_asked_for(stage: Stage) -> None:
    """Nothing is decided of it yet; until it is, it gets what its tile is for."""
    reach(stage, 1, False)
    stage.want(2, view=[tile(0, 1, 300)])
    stage.kernel.stats[1] = {"slots": [slot(0, -2)]}
    reach(stage, 1, True)
    assert asked(stage) == ["q", "h"]


def test_he_has_no_say_in_how_rich_layers_are(stage: Stage) -> None:
    """Of one who bears all the largest layer has all; of the other, who does not, it is leaner."""
    other = joined(stage, 4, view=[tile(0, 1, 720)])
    stage.kernel.stats[1] = {
        "estimate": 3000 * KBIT,
        "proven": 3000 * KBIT,
        "spare": 900 * KBIT,
        "slots": [slot(0, F, cost=1850 * KBIT)],
    }
    stage.kernel.stats[other] = short_of_all(F)
    told(stage, 6 * EVERY)
    assert stage.actual["s1"].camera_ceilings == {}
    reach(stage, 1, False)
    told(stage, 6 * EVERY)
    assert stage.actual["s1"].camera_ceilings["f"] < WHOLE
