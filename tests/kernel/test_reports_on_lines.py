"""Viewers who promise no transport-wide feedback: receiver reports say what their lines bear.

WHEP players of many kinds: some tell a REMB beside them, many take no repairs (RFC 4588).
"""

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from tests.kernel.peer import AUDIO_SSRC, SLOT_SSRC, Peer
from tests.kernel.test_bad_lines import Stretch, given
from tests.kernel.viewer import Bottleneck, Scene, steady


class Play(Protocol):
    def __call__(self, *lines: Bottleneck, repairs: bool = False, remb: bool = False) -> Scene: ...


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as scenes:

        def begin(*lines: Bottleneck, repairs: bool = False, remb: bool = False) -> Scene:
            def view(peer: Peer) -> None:
                peer.view(rtx=repairs)

            scene = Scene(*lines, view=view)
            scenes.callback(scene.stage.kernel.close)
            for viewer in scene.viewers:
                viewer.reports, viewer.estimates = True, remb
            return scene

        yield begin


WAYS = pytest.mark.parametrize(
    ("repairs", "remb"), [(False, False), (False, True), (True, False), (True, True)]
)


@WAYS
@pytest.mark.parametrize(("capacity", "pictures"), [(3e5, 12), (1e6, 12)])
def test_no_more_is_sent_than_a_narrow_line_bears(
    play: Play, capacity: float, pictures: int, repairs: bool, remb: bool
) -> None:
    scene = play(Bottleneck(steady(capacity)), repairs=repairs, remb=remb)
    scene.run(15)
    stretch = Stretch(scene, scene.viewers[0], 30)
    assert stretch.offered <= 1.1 * capacity
    assert stretch.carried >= 0.4 * capacity
    assert stretch.sound >= 47
    assert stretch.pictures >= pictures


@WAYS
def test_the_first_seconds_on_a_narrow_line_are_short(
    play: Play, repairs: bool, remb: bool
) -> None:
    """Nothing is known yet, and what he misses says it before any report."""
    line = Bottleneck(steady(3e5))
    scene = play(line, repairs=repairs, remb=remb)
    scene.run(1)
    stretch = Stretch(scene, scene.viewers[0], 5)
    assert stretch.offered <= 1.25 * 3e5
    assert stretch.sound >= 44.5


@WAYS
def test_a_wide_line_is_used(play: Play, repairs: bool, remb: bool) -> None:
    scene = play(Bottleneck(steady(1e7)), repairs=repairs, remb=remb)
    viewer = scene.viewers[0]
    scene.run(8)
    stretch = Stretch(scene, viewer, 10)
    assert given(scene, viewer) == [2]
    assert stretch.pictures >= 19


@pytest.mark.parametrize("loss", [0.02, 0.05, 0.1])
def test_random_loss_starves_nobody_who_takes_repairs(play: Play, loss: float) -> None:
    scene = play(Bottleneck(steady(1e7), loss=loss), repairs=True)
    viewer = scene.viewers[0]
    scene.run(8)
    stretch = Stretch(scene, viewer, 20)
    assert given(scene, viewer) == [2]
    assert stretch.pictures >= 17


def test_of_random_loss_without_repairs_small_pictures_are_left(play: Play) -> None:
    """Of a large one hardly any arrives whole."""
    scene = play(Bottleneck(steady(1e7), loss=0.05))
    viewer = scene.viewers[0]
    scene.run(15)
    stretch = Stretch(scene, viewer, 20)
    assert given(scene, viewer) == [0]
    assert stretch.pictures >= 6


def test_a_line_that_narrows_and_widens(play: Play) -> None:
    scene = play(Bottleneck(lambda t: 3e5 if 15 <= t < 30 else 3e6))
    viewer = scene.viewers[0]
    scene.run(13)
    assert given(scene, viewer) == [2]
    scene.run(5)
    narrow = Stretch(scene, viewer, 10)
    assert narrow.offered <= 1.1 * 3e5
    assert narrow.sound >= 46
    scene.run(22)
    assert given(scene, viewer)[0] >= 1


def test_a_queue_of_seconds_is_noticed_though_nothing_gets_lost(play: Play) -> None:
    """By the round trip."""
    scene = play(Bottleneck(steady(1e6), queue=2_000_000))
    scene.run(25)
    stretch = Stretch(scene, scene.viewers[0], 20)
    assert stretch.queue <= 1000
    assert stretch.offered <= 1.1 * 1e6
    assert stretch.pictures >= 12


def test_who_is_given_nothing_where_nobody_speaks_is_tried_again(play: Play) -> None:
    """Nothing leaves that could be reported on."""
    scene = play(Bottleneck(lambda t: 60e3 if t < 15 else 3e6))
    viewer = scene.viewers[0]
    scene.run(12)
    scene.speaks_at = scene.stage.now + 10**12
    for _ in range(25):
        scene.run(1)
        viewer.peer.check()
    assert Stretch(scene, viewer, 10).pictures >= 5


def test_a_lesser_step_that_is_too_far_waits_as_well(play: Play) -> None:
    scene = play(Bottleneck(lambda t: 1.2e6 if t < 20 else 4e5))
    scene.run(25)
    raised = scene.stage.kernel.counters()["slots_raised"]
    stretch = Stretch(scene, scene.viewers[0], 60)
    assert scene.stage.kernel.counters()["slots_raised"] - raised <= 4
    assert stretch.sound >= 48


def test_who_tells_nothing_gets_sound_and_small_pictures(play: Play) -> None:
    line = Bottleneck(steady(1e7))
    scene = play(line)
    viewer = scene.viewers[0]
    viewer.answers = False
    for _ in range(15):
        scene.run(1)
        viewer.peer.check()
    heard, offered = len(viewer.sound), line.offered
    for _ in range(5):
        scene.run(1)
        viewer.peer.check()
    assert given(scene, viewer) == [0]
    assert len(viewer.sound) - heard >= 5 * 49
    assert line.offered - offered <= 3.3e5 * 5 / 8


def report(sent: int, lost: int, stream: int = SLOT_SSRC) -> bytes:
    block = struct.pack("!IIIIII", stream, 255 << 24 | lost, sent, 0, 0, 0)
    return struct.pack("!BBHI", 0x81, 201, 7, 7) + block


@pytest.mark.parametrize("repairs", [False, True])
def test_a_wide_line_of_another_network_is_used(play: Play, repairs: bool) -> None:
    """Step by step the narrow one had shown what is too much for it."""
    scene = play(Bottleneck(steady(3e5)), repairs=repairs)
    viewer = scene.viewers[0]
    scene.run(45)
    assert given(scene, viewer) == [0]
    viewer.move(("192.0.2.9", 9999), Bottleneck(steady(5e6)))
    scene.run(8)
    assert given(scene, viewer) == [2]
    scene.run(5)
    assert Stretch(scene, viewer, 3).pictures >= 19


@pytest.mark.parametrize("repairs", [False, True])
def test_a_tile_that_has_become_too_large_for_a_line_goes_on_with_all_pictures(
    play: Play, repairs: bool
) -> None:
    """Of the smallest layer, as before: the way back to these is none of the steps that wait."""
    scene = play(Bottleneck(steady(3e5)), repairs=repairs)
    viewer, publisher = scene.viewers[0], scene.publisher.handle
    scene.stage.kernel.set_slot(viewer.peer.handle, 0, publisher, 1, 0, height=180)
    scene.run(20)
    scene.stage.kernel.set_slot(viewer.peer.handle, 0, publisher, 1, 2, height=720)
    scene.run(6)
    stretch = Stretch(scene, viewer, 9)
    assert stretch.pictures >= 18
    assert stretch.sound >= 49


def test_who_lies_harms_nobody_else(play: Play) -> None:
    """All is lost, says one; nothing, says another."""
    scene = play(*(Bottleneck(steady(1e7)) for _ in range(3)))
    worst, best, honest = scene.viewers
    worst.reports = best.reports = False
    for second in range(1, 21):
        scene.run(1)
        worst.peer.send_rtcp(report(0x4000 + 300 * second, 299 * second))
        best.peer.send_rtcp(report(0x4000 + 300 * second, 0))
    stretch = Stretch(scene, honest, 5)
    assert given(scene, honest) == given(scene, best) == [2]
    assert given(scene, worst)[0] <= 0
    assert stretch.pictures >= 19
    assert stretch.sound >= 49
    heard = len(worst.sound)
    scene.run(2)
    assert len(worst.sound) - heard >= 95, "sound goes on all the same"


def test_reports_on_sound_alone_count_as_well(play: Play) -> None:
    """A player that reports on no pictures: nothing of them can be told, but that he is there."""
    scene = play(Bottleneck(steady(1e7)))
    viewer = scene.viewers[0]
    viewer.reports = False
    for second in range(1, 26):
        scene.run(1)
        viewer.peer.send_rtcp(report(0x4000 + 50 * second, 0, AUDIO_SSRC))
    assert given(scene, viewer) == [2]
