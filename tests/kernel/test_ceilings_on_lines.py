"""A middle layer that follows the lines of its viewers: decided by the kernel's figures.

The camera has 20 pictures a second, and its encoder obeys a second after it was told.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any, Protocol, cast

import pytest

from sfu.cameras import looks
from sfu.ceilings import PLAIN, Ceiling
from sfu.kernel.core import KIND_CAMERA
from sfu.leaning import LARGEST, WHOLE, Leaning
from sfu.lines import EVERY
from tests.kernel.test_bad_lines import Stretch
from tests.kernel.viewer import Bottleneck, Camera, Scene, steady

UPLINK = 5e6


class Told:
    """A scene whose publisher is told what his middle layer may have."""

    def __init__(self, *capacities: float, delay: int) -> None:
        self.scene = Scene(*(Bottleneck(steady(each), delay=delay) for each in capacities))
        self.ceiling = Ceiling()
        self.leaning = Leaning()
        self.changes: list[int] = []
        shown = SimpleNamespace(kind="camera", layer=2, temporal=2, source=None)
        self._wants = cast(Any, SimpleNamespace(showing={0: shown}))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / EVERY)):
            self.scene.run(EVERY / 2)
            self.scene.camera.rates = (Camera.RATES[0], self.ceiling.now, self.leaning.now)
            self.scene.run(EVERY / 2)
            for viewer in self.scene.viewers:
                stats = self.scene.stage.kernel.session_stats(viewer.peer.handle)
                for _, look in looks(self._wants, stats):
                    self.ceiling.hear(look)
                    self.leaning.hear(look)
            now = self.scene.stage.now / 1e6
            before = self.leaning.now
            self.leaning.settle(now)
            if self.leaning.now < before:
                publisher = self.scene.publisher.handle
                self.scene.stage.kernel.set_leaner(publisher, KIND_CAMERA, LARGEST)
            if self.ceiling.settle(now, asked=(), uplink=UPLINK, largest=self.leaning.now):
                self.changes.append(self.ceiling.now)


class Play(Protocol):
    def __call__(self, *capacities: float, delay: int = 20_000) -> Told: ...


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as scenes:

        def begin(*capacities: float, delay: int = 20_000) -> Told:
            told = Told(*capacities, delay=delay)
            scenes.callback(told.scene.stage.kernel.close)
            return told

        yield begin


@pytest.mark.parametrize(
    ("capacity", "used", "delay"),
    [(0.85e6, 0.75, 20), (1e6, 0.8, 5), (1e6, 0.7, 20), (1e6, 0.8, 50), (1.2e6, 0.72, 20)],
)
def test_a_line_between_two_layers_is_used_and_shows_nearly_all_pictures(
    play: Play, capacity: float, used: float, delay: int
) -> None:
    told = play(capacity, delay=delay * 1000)
    told.run(20)
    changes = len(told.changes)
    stretch = Stretch(told.scene, told.scene.viewers[0], 40, advance=told.run)
    assert stretch.carried >= used * capacity
    assert stretch.offered <= 1.1 * capacity
    assert stretch.pictures >= 17
    assert len(told.changes) - changes <= 6


def test_who_bears_less_is_shown_nearly_all_pictures_beside_who_bears_more(play: Play) -> None:
    told = play(0.75e6, 1.2e6)
    told.run(30)
    stretch = Stretch(told.scene, told.scene.viewers[0], 30, advance=told.run)
    assert stretch.pictures >= 17


def test_who_bears_not_even_the_plain_layer_keeps_it_from_nobody(play: Play) -> None:
    told = play(0.25e6, 1e6)
    told.run(30)
    assert told.ceiling.now > PLAIN


def test_nothing_changes_for_who_is_on_a_good_line(play: Play) -> None:
    told = play(10e6, 10e6)
    told.run(24)
    assert told.ceiling.now == PLAIN


@pytest.mark.parametrize("capacity", [0.7e6, 1e6])
def test_what_a_line_was_seen_to_bear_is_no_more_than_it_does(play: Play, capacity: float) -> None:
    """The estimate grows by itself beyond it."""
    scene = play(capacity).scene
    scene.run(8)
    for _ in range(16):
        scene.run(1)
        stats = scene.stage.kernel.session_stats(scene.viewers[0].peer.handle)
        assert 0.85 * capacity <= stats["proven"] <= 1.02 * capacity


def test_a_line_that_bears_nearly_all_of_the_largest_layer_has_all_its_pictures(play: Play) -> None:
    told = play(2e6)
    told.run(8)
    assert told.leaning.now < WHOLE
    stretch = Stretch(told.scene, told.scene.viewers[0], 20, advance=told.run)
    assert stretch.pictures >= 17
    assert 0.7 * 2e6 <= stretch.carried <= stretch.offered <= 1.05 * 2e6


def test_the_largest_layer_stays_as_it_is_where_somebody_bears_it(play: Play) -> None:
    told = play(2e6, 10e6)
    told.run(40)
    assert told.leaning.now == WHOLE


def test_a_line_that_becomes_wider_has_all_of_the_largest_layer_again(play: Play) -> None:
    told = play(2e6)
    told.run(25)
    assert told.leaning.now < WHOLE
    told.scene.viewers[0].line.capacity = steady(6e6)
    told.run(60)
    assert told.leaning.now == WHOLE
    assert Stretch(told.scene, told.scene.viewers[0], 10, advance=told.run).pictures >= 18
