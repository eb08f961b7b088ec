"""A camera with one layer only, of 1.8 Mbit/s, and viewers whose lines do not bear that."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

from sfu.kernel.core import KIND_CAMERA
from tests.kernel.peer import VP8, VP8_RTX, Peer
from tests.kernel.test_bad_lines import Stretch
from tests.kernel.viewer import Bottleneck, Camera, Cameras, Scene, Viewer, steady

if TYPE_CHECKING:
    from sfu.kernel.core import SlotStats


class Play(Protocol):
    def __call__(self, *lines: Bottleneck, temporal: bool = False) -> Scene: ...


def only(scene: Scene, publisher: Peer, *, temporal: bool) -> Camera:
    """As an encoder by WHIP sends it."""
    scene.stage.kernel.expect(
        publisher.handle,
        KIND_CAMERA,
        mid=b"1",
        payload_type=VP8,
        rtx_payload_type=VP8_RTX,
        rids=(b"f",),
        nack=True,
        transport_cc=True,
    )
    return Camera(scene.stage, publisher, layers=(2,), temporal=temporal)


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as scenes:

        def begin(*lines: Bottleneck, temporal: bool = False) -> Scene:
            scene = Scene(*lines, layer=0)
            scenes.callback(scene.stage.kernel.close)
            scene.camera = only(scene, scene.publisher, temporal=temporal)
            return scene

        yield begin


def slot(scene: Scene, viewer: Viewer, index: int = 0) -> "SlotStats":
    return scene.stage.kernel.session_stats(viewer.peer.handle)["slots"][index]


def test_it_is_shown_as_stills(play: Play) -> None:
    scene = play(Bottleneck(steady(3e5)))
    viewer = scene.viewers[0]
    scene.run(5)
    keyframes = scene.camera.keyframes
    stretch = Stretch(scene, viewer, 30)
    shown = {"slot": 0, "given": 0, "temporal": 0, "shown": 0, "limited": True}
    assert slot(scene, viewer).items() >= shown.items()
    assert stretch.pictures * 30 >= 6
    assert stretch.sound >= 49.5
    assert stretch.offered <= 1.1 * 3e5
    assert scene.camera.keyframes - keyframes <= 9


@pytest.mark.parametrize("capacity", [1.8e5, 2e5])
def test_stills_that_have_begun_are_not_given_up_because_an_estimate_wavers(
    play: Play, capacity: float
) -> None:
    """Each is asked for, and takes seconds to arrive."""
    scene = play(Bottleneck(steady(capacity)))
    viewer = scene.viewers[0]
    scene.run(10)
    stretch = Stretch(scene, viewer, 20)
    assert stretch.pictures * 20 >= 4
    assert stretch.sound >= 49.5
    assert stretch.offered <= 1.1 * capacity


def test_it_moves_now_and_then_where_almost_all_of_it_fits(play: Play) -> None:
    scene = play(Bottleneck(steady(1.5e6)))
    scene.run(10)
    stretch = Stretch(scene, scene.viewers[0], 30)
    assert stretch.pictures >= 3
    assert stretch.sound >= 49.5


def test_pictures_are_left_out_first_where_that_can_be(play: Play) -> None:
    scene = play(Bottleneck(steady(1e6)), temporal=True)
    scene.run(10)
    stretch = Stretch(scene, scene.viewers[0], 20)
    assert stretch.pictures >= 4
    assert stretch.sound >= 49.5


def test_sound_alone_goes_where_hardly_more_fits(play: Play) -> None:
    line = Bottleneck(steady(1e5))
    scene = play(line)
    viewer = scene.viewers[0]
    scene.run(10)
    stretch = Stretch(scene, viewer, 20)
    assert (slot(scene, viewer)["given"], slot(scene, viewer)["limited"]) == (-1, True)
    assert stretch.sound >= 49.5
    assert stretch.offered <= 1.1 * 1e5


def test_it_flows_once_the_line_bears_it(play: Play) -> None:
    scene = play(Bottleneck(lambda t: 3e5 if t < 15 else 4e6))
    viewer = scene.viewers[0]
    scene.run(24)
    assert Stretch(scene, viewer, 5).pictures >= 19
    assert not slot(scene, viewer)["limited"]


def test_however_many_see_stills_they_see_the_same_ones(play: Play) -> None:
    """Each keyframe costs the publisher, and whoever sees all of it."""
    scene = play(*(Bottleneck(steady(3e5 + 3e4 * i), seed=i) for i in range(6)))
    scene.run(10)
    keyframes = scene.camera.keyframes
    seen = [len(viewer.frames[0]) for viewer in scene.viewers]
    scene.run(20)
    assert scene.camera.keyframes - keyframes <= 6
    assert all(
        len(viewer.frames[0]) - n >= 3 for viewer, n in zip(scene.viewers, seen, strict=True)
    )


def test_others_that_fit_are_not_held_up(play: Play) -> None:
    scene = play(Bottleneck(steady(1.2e6)))
    viewer, stage = scene.viewers[0], scene.stage
    other = stage.join(9)
    other.publish()
    cameras = Cameras([scene.camera, Camera(stage, other, layers=(1,))])
    scene.camera = cameras  # type: ignore[assignment]
    stage.kernel.set_slot(viewer.peer.handle, 1, other.handle, KIND_CAMERA, 1, height=360)
    stills = (0, 2, 3, 4)
    for index in stills[1:]:
        stage.kernel.set_slot(
            viewer.peer.handle, index, scene.publisher.handle, KIND_CAMERA, 0, height=180
        )
    scene.run(10)
    seen = [len(viewer.frames[index]) for index in stills]
    stretch = Stretch(scene, viewer, 20, slot=1)
    assert stretch.pictures >= 13
    assert stretch.sound >= 49.5
    assert all(len(viewer.frames[i]) - n >= 3 for i, n in zip(stills, seen, strict=True))


def test_not_more_than_a_few_at_once(play: Play) -> None:
    """Each has its share of what is left; the rest stays dark."""
    scene = play(Bottleneck(steady(7e5)))
    viewer, kernel = scene.viewers[0], scene.stage.kernel
    for index in range(1, 9):
        kernel.set_slot(
            viewer.peer.handle, index, scene.publisher.handle, KIND_CAMERA, 0, height=180
        )
    scene.run(15)
    stretch = Stretch(scene, viewer, 30)
    given = [one["given"] for one in kernel.session_stats(viewer.peer.handle)["slots"]]
    assert 2 <= given.count(0) <= 4
    assert stretch.sound >= 49.5
    assert stretch.offered <= 1.1 * 7e5
    assert all(len(viewer.frames[index]) >= 2 for index in range(3))
