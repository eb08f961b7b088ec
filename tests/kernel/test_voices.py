"""Sound does not wait. Where several speak and a line does not bear them all, all of each would get
lost in part: so whom it bears is heard whole, and the others not at all."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Protocol

import pytest

from tests.kernel.peer import AUDIO_SSRC, Peer, parse
from tests.kernel.viewer import Bottleneck, Camera, Cameras, Scene, steady

SPEECH, FLOOD = 90, 1100
"""Bytes of a packet, 50 a second: 63 and 470 kbit/s on the line."""


class Voice(Camera):
    """In the place of a camera: who speaks beside the first one, whose voice it goes after."""

    def __init__(self, scene: Scene, number: int, size: int) -> None:
        super().__init__(scene.stage, scene.stage.join(number))
        self.publisher.publish()
        self.size = size
        self.speaks = True

    def advance(self) -> None:
        while self.next_at <= self.stage.now:
            self.next_at += 20_000
            if self.speaks:
                self.publisher.speak(size=self.size)


class Heard:
    """By who listens: packets by the number of who speaks, and what left under which number."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.viewer = scene, scene.viewers[0]
        self.packets: dict[int, int] = {}
        self.left: dict[int, list[int]] = {}
        take, arrive = self.viewer.take, self.viewer._arrive

        def taken(data: bytes) -> None:
            if is_sound(data):
                p = parse(data)
                self.left.setdefault(p.ssrc, []).append(p.sequence)
            take(data)

        def arrived(at: int, data: bytes) -> None:
            if is_sound(data):
                who = parse(data).csrc >> 2
                self.packets[who] = self.packets.get(who, 0) + 1
            arrive(at, data)

        self.viewer.take, self.viewer._arrive = taken, arrived  # type: ignore[method-assign]

    def over(self, seconds: float) -> list[float]:
        """Packets a second of each who is heard, of whom most is heard first."""
        self.packets.clear()
        self.scene.run(seconds)
        return sorted((count / seconds for count in self.packets.values()), reverse=True)


def is_sound(data: bytes) -> bool:
    if data[0] >> 6 != 2 or 192 <= data[1] <= 223:
        return False
    return AUDIO_SSRC <= int.from_bytes(data[8:12]) < AUDIO_SSRC + 4


class Play(Protocol):
    def __call__(self, line: Bottleneck, *sizes: int, **of_view: Any) -> tuple[Scene, Heard]: ...


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as scenes:

        def begin(line: Bottleneck, *sizes: int, **of_view: Any) -> tuple[Scene, Heard]:
            def view(peer: Peer) -> None:
                peer.view(**({"transport_cc": True} | of_view))

            scene = Scene(line, view=view)
            scenes.callback(scene.stage.kernel.close)
            voices = [Voice(scene, 100 + i, size) for i, size in enumerate(sizes)]
            scene.camera = Cameras([scene.camera, *voices])  # type: ignore[assignment]
            return scene, Heard(scene)

        yield begin


def left_out(scene: Scene) -> int:
    return scene.stage.kernel.counters()["sound_left_out"]


@pytest.mark.parametrize(("capacity", "voices", "whole"), [(1e5, 2, 1), (1e5, 3, 1), (1.5e5, 3, 2)])
def test_as_many_as_the_line_bears_are_heard_whole(
    play: Play, capacity: float, voices: int, whole: int
) -> None:
    line = Bottleneck(steady(capacity))
    scene, heard = play(line, *[SPEECH] * (voices - 1))
    scene.run(6)
    offered = line.offered
    rates = heard.over(20)
    assert rates[whole - 1] >= 49
    assert sum(rates[whole:]) <= 8, "another one is only tried"
    assert (line.offered - offered) * 8 / 20 <= 1.05 * capacity
    for numbers in heard.left.values():
        gaps = [b - a for a, b in zip(numbers, numbers[1:], strict=False)]
        assert set(gaps) <= {1}, "nothing is missed that would be asked for"


@pytest.mark.parametrize(("capacity", "floods"), [(1e5, 1), (3e5, 1), (3e5, 2), (1e6, 2)])
def test_who_floods_the_sound_does_not_silence_who_speaks(
    play: Play, capacity: float, floods: int
) -> None:
    scene, heard = play(Bottleneck(steady(capacity)), *[FLOOD] * floods)
    scene.run(6)
    seen = len(scene.viewers[0].frames.get(0, []))
    heard.over(15)
    assert heard.packets[1] >= 15 * 48
    if capacity >= 3e5:
        # Two floods fill 1 Mbit/s to the brim for ten seconds before any of it gets lost.
        assert len(scene.viewers[0].frames[0]) - seen >= 15 * 8


def test_all_are_heard_again_when_the_line_is_wide(play: Play) -> None:
    scene, heard = play(Bottleneck(lambda t: 1e5 if t < 10 else 5e6), SPEECH, SPEECH)
    scene.run(10)
    assert left_out(scene) > 0
    scene.run(5)
    assert heard.over(5)[2] >= 49


def test_all_are_heard_again_where_nothing_else_tells_of_the_line(play: Play) -> None:
    """Without pictures the estimate grows to half as much again as sound uses, and no further."""
    scene, heard = play(Bottleneck(lambda t: 1e5 if t < 10 else 5e6), SPEECH)
    scene.stage.kernel.clear_slot(scene.viewers[0].peer.handle, 0)
    scene.run(10)
    assert left_out(scene) > 0
    scene.run(30)
    assert heard.over(5)[1] >= 49


def test_who_takes_his_turn_is_heard_at_once(play: Play) -> None:
    scene, heard = play(Bottleneck(steady(1e5)), SPEECH)
    scene.run(8)
    scene.speaks_at += 7_000_000
    scene.run(1.5)
    assert heard.over(4)[0] >= 49
    scene.run(1.6)
    scene.camera.cameras[1].speaks = False  # type: ignore[attr-defined]
    scene.run(1.5)
    assert heard.over(4)[0] >= 49


def test_a_teacher_who_takes_a_seat_that_was_left_out_is_heard_at_once(play: Play) -> None:
    scene, heard = play(Bottleneck(steady(1e5)), SPEECH, SPEECH, SPEECH)
    *pupils, teacher = scene.camera.cameras  # type: ignore[attr-defined]
    teacher.speaks = False
    scene.stage.kernel.set_moderator(teacher.publisher.handle, True)
    scene.run(8)
    heard.over(2)
    left_out = [who for who in pupils[1:] if heard.packets.get(who.publisher.number, 0) < 20]
    left_out[0].speaks = False
    scene.run(2.5)
    teacher.speaks = True
    scene.run(0.5)
    heard.over(4)
    assert heard.packets[teacher.publisher.number] >= 4 * 49


def test_a_line_of_which_little_was_in_use_is_not_taken_for_a_narrow_one(play: Play) -> None:
    """Who only listened to one has an estimate for one."""
    scene, heard = play(Bottleneck(steady(5e6)), SPEECH, SPEECH)
    for voice in scene.camera.cameras[1:]:  # type: ignore[attr-defined]
        voice.speaks = False
    scene.stage.kernel.clear_slot(scene.viewers[0].peer.handle, 0)
    scene.run(20)
    for voice in scene.camera.cameras[1:]:  # type: ignore[attr-defined]
        voice.speaks = True
    assert heard.over(10)[2] >= 48
    assert left_out(scene) == 0


@pytest.mark.parametrize("of_view", [{}, {"sound_transport_cc": False}, {"transport_cc": False}])
@pytest.mark.parametrize("loss", [0.0, 0.1])
def test_nobody_is_left_out_because_packets_get_lost(
    play: Play, loss: float, of_view: dict[str, bool]
) -> None:
    scene, _ = play(Bottleneck(steady(5e6), loss=loss), SPEECH, SPEECH, **of_view)
    scene.viewers[0].reports = True
    scene.run(25)
    assert left_out(scene) == 0
