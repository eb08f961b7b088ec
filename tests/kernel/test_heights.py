"""How high the pictures of each layer are, as their keyframes tell."""

import struct

from sfu.kernel.core import EVENT_HEIGHT, KIND_CAMERA
from tests.kernel.peer import Stage


def heights(stage: Stage) -> list[tuple[int, int]]:
    """Layer and height, as they were told since the last call."""
    return [
        (layer, struct.unpack("<H", data)[0])
        for kind, _, of, layer, data in stage.kernel.events()
        if (kind, of) == (EVENT_HEIGHT, KIND_CAMERA)
    ]


def test_each_layer_tells_its_height_once(stage: Stage) -> None:
    publisher = stage.join(1)
    publisher.publish()
    for picture in range(3):
        for layer, height in ((0, 720), (1, 360), (2, 180)):
            publisher.camera(picture, layer=layer, keyframe=picture != 1, height=height)
    assert heights(stage) == [(0, 720), (1, 360), (2, 180)]


def test_a_picture_that_grows_is_told_again_but_not_at_any_pace(stage: Stage) -> None:
    publisher = stage.join(1)
    publisher.publish()
    for picture in range(20):
        publisher.camera(picture, keyframe=True, height=180 + picture)
        stage.wait(10)
    assert heights(stage) == [(2, 180)]
    stage.wait(1000)
    publisher.camera(20, keyframe=True, height=720)
    assert heights(stage) == [(2, 720)]


def test_what_is_no_frame_header_tells_nothing(stage: Stage) -> None:
    publisher = stage.join(1)
    publisher.publish()
    publisher.camera(0, keyframe=True)
    publisher.camera(1, keyframe=True, size=3)
    publisher.camera(2, keyframe=False, height=720)
    assert heights(stage) == []


def test_the_bits_for_scaling_are_no_height(stage: Stage) -> None:
    publisher = stage.join(1)
    publisher.publish()
    publisher.camera(0, keyframe=True, height=0x4000 | 360)
    assert heights(stage) == [(2, 360)]
