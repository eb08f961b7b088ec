"""A screen of 2.5 Mbit/s that moves all the time, and viewers behind lines."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from sfu.kernel.core import KIND_SCREEN
from tests.kernel.peer import MID, VP8, VP8_RTX, Peer, Stage, rtp, vp8
from tests.kernel.viewer import Bottleneck, Cameras, Scene, Viewer, steady


class Screen:
    RATE, FPS, KEYFRAME, PACKET, SSRC = 2_500_000, 15, 4, 1100, 777

    def __init__(self, stage: Stage, publisher: Peer) -> None:
        self.stage, self.publisher = stage, publisher
        self.sequence, self.picture, self.asked, self.keyframes = 1, 0, 0, 0
        self.next_at = stage.now
        kernel = stage.kernel
        kernel.expect(
            publisher.handle,
            KIND_SCREEN,
            mid=b"2",
            payload_type=VP8,
            rtx_payload_type=VP8_RTX,
            nack=True,
        )
        kernel.set_gate(publisher.handle, KIND_SCREEN, True)

    def advance(self) -> None:
        while self.next_at <= self.stage.now:
            self.next_at += 1_000_000 // self.FPS
            asked = self.publisher.keyframes_asked(self.SSRC)
            keyframe = self.picture == 0 or asked > self.asked
            self.asked = asked
            self.keyframes += keyframe
            self._send(keyframe, self.RATE // 8 // self.FPS * (self.KEYFRAME if keyframe else 1))
            self.picture += 1

    def _send(self, keyframe: bool, size: int) -> None:
        count = -(-size // self.PACKET)
        for part in range(count):
            first = keyframe and part == 0
            payload = vp8(
                self.picture & 0x7FFF,
                keyframe=first,
                size=size // count,
                height=720 if first else 0,
                temporal=(0, self.picture, False),
                start=part == 0,
            )
            packet = rtp(
                VP8,
                self.sequence,
                self.picture * 6000,
                self.SSRC,
                payload,
                marker=part == count - 1,
                extensions={MID: b"2"},
            )
            self.publisher.send(packet)
            self.sequence += 1


@pytest.fixture
def lines() -> list[Bottleneck]:
    return [Bottleneck(steady(3e5)), Bottleneck(steady(10e6))]


@pytest.fixture
def scene(lines: list[Bottleneck]) -> Iterator[Scene]:
    scene = Scene(*lines)
    scene.camera = Screen(scene.stage, scene.publisher)  # type: ignore[assignment]
    for viewer in scene.viewers:
        scene.stage.kernel.set_slot(
            viewer.peer.handle, 0, scene.publisher.handle, KIND_SCREEN, 0, height=720
        )
    with closing(scene.stage.kernel):
        yield scene


def pictures(viewer: Viewer) -> int:
    return len(viewer.frames.get(0, []))


def test_no_number_is_used_twice_when_more_waits_than_there_are_places(scene: Scene) -> None:
    """What waits of a slot is dropped and its numbers are used again: by nothing that still comes
    of the same run. A number is a nonce (RFC 7714 §8.1); libsrtp refuses the second."""
    scene.run(20)
    assert scene.stage.kernel.counters()["slots_cut"] >= 2


def test_a_narrow_line_shows_a_still_now_and_then(scene: Scene) -> None:
    """What is at the head of its line is finished, however much waits behind it; the other viewer's
    pictures are not all keyframes for that."""
    scene.run(10)
    seen, keyframes = pictures(scene.viewers[0]), scene.camera.keyframes
    scene.run(40)
    assert pictures(scene.viewers[0]) - seen >= 5
    assert len(scene.viewers[0].sound) >= 0.98 * 50 * 50
    assert scene.camera.keyframes - keyframes <= 20


def test_a_good_line_that_shows_a_screen_alone_is_found_out(scene: Scene) -> None:
    """It is given in any case: that nothing else is wished for does not say that it fits."""
    scene.run(5)
    seen = pictures(scene.viewers[1])
    scene.run(10)
    assert pictures(scene.viewers[1]) - seen >= 145


def test_who_sees_a_screen_squeezed_is_told_why(scene: Scene) -> None:
    scene.run(15)
    told = [
        scene.stage.kernel.session_stats(viewer.peer.handle)["slots"][0] for viewer in scene.viewers
    ]
    assert [(slot["limited"], slot["shown"]) for slot in told] == [(True, 0), (False, 0)]


def test_a_screen_that_stands_still_takes_nothing_from_the_camera() -> None:
    scene = Scene(Bottleneck(steady(1.2e6)))
    screen, kernel = Screen(scene.stage, scene.publisher), scene.stage.kernel
    scene.camera = Cameras([scene.camera, screen])  # type: ignore[assignment, list-item]
    viewer = scene.viewers[0].peer.handle
    kernel.set_slot(viewer, 1, scene.publisher.handle, KIND_SCREEN, 0, height=720)
    with closing(kernel):
        scene.run(6)
        screen.next_at = 1 << 62
        scene.run(25)
        assert kernel.session_stats(viewer)["slots"][0]["given"] == 1
