"""What one viewer costs the pictures of those beside him, who see the same cameras."""

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.kernel.peer import SLOT_SSRC, Peer
from tests.kernel.viewer import Bottleneck, Scene, Viewer, steady

NARROW = 800e3
"""It bears the middle layer, with little to spare."""

Play = Callable[..., Scene]


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as scenes:

        def begin(*lines: Bottleneck, rtx: bool = True) -> Scene:
            def view(peer: Peer) -> None:
                peer.view(transport_cc=True, rtx=rtx)

            scene = Scene(*lines, view=view)
            scenes.callback(scene.stage.kernel.close)
            return scene

        yield begin


def floods_with_requests(scene: Scene, viewer: Viewer, _: int) -> None:
    for _ in range(5):
        viewer.peer.send_rtcp(struct.pack("!BBHII", 0x81, 206, 2, 7, SLOT_SSRC))


def turns_from_layer_to_layer(scene: Scene, viewer: Viewer, turn: int) -> None:
    layer, height = ((0, 180), (2, 720))[turn // 5 % 2]
    peer = viewer.peer
    scene.stage.kernel.set_slot(peer.handle, 0, scene.publisher.handle, 1, layer, height=height)


@pytest.mark.parametrize("hostile", [floods_with_requests, turns_from_layer_to_layer])
def test_who_wants_keyframes_all_the_time_costs_a_neighbour_few_pictures(
    play: Play, hostile: Callable[[Scene, Viewer, int], None]
) -> None:
    scene = play(Bottleneck(steady(NARROW)), Bottleneck(steady(10e6), seed=2))
    neighbour, other = scene.viewers
    scene.run(10)
    seen, keyframes = len(neighbour.frames[0]), scene.camera.keyframes
    for turn in range(300):
        hostile(scene, other, turn)
        scene.run(0.1)
    assert scene.camera.keyframes - keyframes <= 8 + 30 // 5
    assert len(neighbour.frames[0]) - seen >= 0.9 * 30 * scene.camera.FPS


def test_a_keyframe_now_and_then_takes_no_pictures_from_a_narrow_line(play: Play) -> None:
    """It would fill the queue of a line that is taken for wider than it is."""
    scene = play(Bottleneck(steady(600e3)))
    scene.camera.rates = (120_000, 400_000, 1_100_000)
    scene.run(15)
    seen = len(scene.viewers[0].frames[0])
    for _ in range(8):
        scene.camera.asked -= 1
        scene.run(5)
    assert len(scene.viewers[0].frames[0]) - seen >= 0.95 * 8 * 5 * scene.camera.FPS


def test_a_line_that_loses_gets_its_pictures_with_few_keyframes(play: Play) -> None:
    scene = play(Bottleneck(steady(5e6), loss=0.1, delay=50_000))
    scene.run(10)
    seen, keyframes = len(scene.viewers[0].frames[0]), scene.camera.keyframes
    scene.run(30)
    assert len(scene.viewers[0].frames[0]) - seen >= 0.93 * 30 * scene.camera.FPS
    assert scene.camera.keyframes - keyframes <= 9


def test_who_takes_no_repairs_on_a_line_that_loses_gets_a_smaller_picture_that_moves(
    play: Play,
) -> None:
    """Each packet lost costs all pictures until the next keyframe: of fewer, fewer get lost."""
    scene = play(Bottleneck(steady(5e6), loss=0.05), rtx=False)
    viewer = scene.viewers[0]
    scene.run(20)
    seen = len(viewer.frames[0])
    scene.run(30)
    slot = scene.stage.kernel.session_stats(viewer.peer.handle)["slots"][0]
    assert slot["given"] < 2
    assert slot["limited"]
    assert len(viewer.frames[0]) - seen >= 0.25 * 30 * scene.camera.FPS


def test_a_line_that_swings_moves_its_viewer_without_a_wait(play: Play) -> None:
    """The smaller layer's keyframe is asked for at once, however often that was."""
    scene = play(Bottleneck(lambda t: 2e6 if t % 8 < 4 else 3e5))
    viewer = scene.viewers[0]
    scene.run(10)
    seen = len(viewer.frames[0])
    scene.run(40)
    times = [at for at, _ in viewer.frames[0][seen:]]
    assert max(b - a for a, b in zip(times, times[1:], strict=False)) <= 1_500_000
    assert len(times) >= 0.8 * 40 * scene.camera.FPS
