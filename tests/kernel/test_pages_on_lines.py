"""Pages of pictures that would all be large, on lines that do not bear that: who gets what."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from sfu.kernel.core import KIND_CAMERA
from tests.kernel.test_bad_lines import given
from tests.kernel.viewer import Bottleneck, Camera, Cameras, Scene, steady


class Open(Protocol):
    def __call__(self, capacity: float, heights: list[int]) -> Scene: ...


@pytest.fixture
def page() -> Iterator[Open]:
    with ExitStack() as scenes:

        def begin(capacity: float, heights: list[int]) -> Scene:
            scene = Scene(Bottleneck(steady(capacity)))
            scenes.callback(scene.stage.kernel.close)
            for slot, height in enumerate(heights):
                show(scene, slot, height)
            return scene

        yield begin


def show(scene: Scene, slot: int, height: int, publisher: int | None = None) -> None:
    handle = scene.publisher.handle if publisher is None else publisher
    viewer = scene.viewers[0].peer.handle
    scene.stage.kernel.set_slot(viewer, slot, handle, KIND_CAMERA, 2, height=height)


@pytest.mark.parametrize(
    ("tiles", "capacity"), [(25, 10e6), (9, 3e6), (9, 5e6), (16, 3e6), (16, 5e6), (4, 3e6)]
)
def test_nobody_has_a_large_picture_while_another_has_hardly_any(
    page: Open, tiles: int, capacity: float
) -> None:
    """Their tiles are of one size, but for what rounding leaves."""
    scene = page(capacity, [360 + slot % 2 for slot in range(tiles)])
    viewer = scene.viewers[0]
    scene.run(15)
    asked = scene.stage.kernel.counters()["keyframes_requested"]
    seen = [len(viewer.frames[slot]) for slot in range(tiles)]
    sound = len(viewer.sound)
    worst = 0
    for _ in range(15):
        scene.run(1)
        worst = max(worst, max(given(scene, viewer)) - min(given(scene, viewer)))
    assert worst <= 1
    assert min(len(viewer.frames[slot]) - seen[slot] for slot in range(tiles)) >= 7 * 15
    assert len(viewer.sound) - sound >= 49.5 * 15
    assert scene.stage.kernel.counters()["keyframes_requested"] - asked <= tiles + 3


def test_the_taller_tile_goes_before_the_others(page: Open) -> None:
    scene = page(5e6, [360] * 3 + [720] + [360] * 5)
    scene.run(20)
    found = given(scene, scene.viewers[0])
    assert found[3] == 2
    assert max(found[:3] + found[4:]) <= 1


def test_who_speaks_goes_before_the_others(page: Open) -> None:
    scene = page(5e6, [])
    other = scene.stage.join(9)
    other.publish()
    scene.camera = Cameras([scene.camera, Camera(scene.stage, other)])  # type: ignore[assignment]
    for slot in range(1, 9):
        show(scene, slot, 720, other.handle)
    scene.run(20)
    found = given(scene, scene.viewers[0])
    assert found[0] == 2
    assert max(found[1:]) <= 1


def publish(scene: Scene, cameras: int) -> list[Camera]:
    """So many cameras in tiles alike, of which the first speaks. The smallest layer has 130 kbit/s
    and 25 pictures a second: 56 kbit/s on the line for every fourth of them, 91 for every other."""
    publishers = [scene.publisher] + [scene.stage.join(20 + i) for i in range(1, cameras)]
    for slot, publisher in enumerate(publishers[1:], 1):
        publisher.publish()
        show(scene, slot, 720, publisher.handle)
    found = [Camera(scene.stage, publisher) for publisher in publishers]
    for slot, camera in enumerate(found):
        camera.rates, camera.FPS = (130_000, 450_000, 1_500_000), 25
        camera.next_at += slot * 7_000
    scene.camera = Cameras(found)  # type: ignore[assignment]
    return found


@pytest.mark.parametrize(
    ("cameras", "capacity", "pictures", "worst", "keyframes"),
    [
        (3, 3e5, [10, 5, 5], 1.5, 3),
        (3, 5e5, [20, 10, 6], 1.0, 6),
        (5, 3e5, [9, 5], 1.5, 8),
        (5, 5e5, [15, 5, 5, 5, 5], 1.5, 6),
    ],
)
def test_who_speaks_moves_and_others_are_shown_as_far_as_they_fit(
    page: Open, cameras: int, capacity: float, pictures: list[int], worst: float, keyframes: int
) -> None:
    """A picture that comes and goes with the estimate costs its publisher a keyframe each time."""
    scene = page(capacity, [720])
    published = publish(scene, cameras)
    viewer = scene.viewers[0]
    scene.run(10)
    before = [camera.keyframes for camera in published]
    seen = [len(viewer.frames.get(slot, [])) for slot in range(cameras)]
    began, sound = scene.stage.now, len(viewer.sound)
    scene.run(30)
    for slot, least in enumerate(pictures):
        came = [at for at, _ in viewer.frames[slot][seen[slot] :]]
        assert len(came) >= 30 * least, slot
        ends = [began, *came, scene.stage.now]
        assert max(b - a for a, b in zip(ends, ends[1:], strict=False)) <= worst * 1e6, slot
    assert len(viewer.sound) - sound >= 49.5 * 30
    asked = [camera.keyframes - n for camera, n in zip(published, before, strict=True)]
    assert max(asked) <= keyframes
