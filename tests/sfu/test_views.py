"""Layers by the height of a tile, and what publishers are asked for."""

import pytest

from sfu.views import HOLD, LATELY, OFTEN, Demand, choose_layer, layer_names

HEIGHTS = (180, 360, 720)


@pytest.mark.parametrize(
    ("tile", "layer"), [(1, 0), (180, 0), (225, 0), (226, 1), (450, 1), (451, 2), (4320, 2)]
)
def test_smallest_layer_that_is_enough(tile: int, layer: int) -> None:
    assert choose_layer(HEIGHTS, tile) == layer


def test_a_wavering_tile_keeps_its_layer() -> None:
    layer = choose_layer(HEIGHTS, 226)
    assert layer == 1
    assert choose_layer(HEIGHTS, 220, layer) == 1
    assert choose_layer(HEIGHTS, 200, layer) == 0
    assert choose_layer(HEIGHTS, 220, 0) == 0
    assert choose_layer(HEIGHTS, 230, 0) == 1


def test_layers_may_come_in_any_order() -> None:
    for tile, height in ((1, 180), (226, 360), (451, 720), (4320, 720)):
        for heights in ((720, 360, 180), (360, 720, 180)):
            assert heights[choose_layer(heights, tile)] == height
    assert choose_layer((720, 360, 180), 220, 1) == 1
    assert choose_layer((720, 360, 180), 200, 1) == 2


def test_one_layer_serves_every_tile() -> None:
    assert choose_layer((720,), 90) == choose_layer((720,), 2160) == 0


def test_names_of_layers() -> None:
    assert layer_names(("q", "h", "f"), 3) == ("q", "h", "f")
    assert layer_names(("l", "m", "h"), 3) == ("q", "h", "f")
    assert layer_names(("q", "h"), 2) == ("q", "h")
    assert layer_names((), 1) == ("f",)


def test_demand_is_held_for_a_moment() -> None:
    demand = Demand(3)
    demand.add(1)
    demand.add(1)
    demand.remove(1, 10.0)
    assert demand.asked() == (1,)
    assert demand.settled
    demand.remove(1, 10.0)
    demand.add(2)
    assert demand.asked() == (1, 2)
    demand.settle(10.0 + HOLD / 2)
    assert demand.asked() == (1, 2)
    demand.settle(10.0 + HOLD)
    assert demand.asked() == (2,)


def test_demand_that_returns_is_not_let_go() -> None:
    demand = Demand(1)
    demand.add(0)
    demand.remove(0, 10.0)
    settled = [demand.settled]
    demand.add(0)
    assert [*settled, demand.settled] == [False, True]
    demand.settle(99.0)
    assert demand.asked() == (0,)


def test_who_turns_to_and_fro_makes_a_publisher_begin_few_times_a_minute() -> None:
    demand, now, begun = Demand(1), 0.0, 0
    while now < LATELY:
        begun += not demand.asked()
        demand.add(0)
        demand.remove(0, now)
        now += HOLD + 0.1
        demand.settle(now)
    assert begun <= 2 * OFTEN
    demand.settle(now + LATELY)
    demand.add(0)
    demand.remove(0, now + 2 * LATELY)
    demand.settle(now + 2 * LATELY + HOLD)
    assert demand.asked() == ()
