"""The kernel's thread does not run for a while: no viewer's line is to blame for that."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.kernel.peer import Stage
from tests.kernel.test_roundtrip import MILLISECOND, report, reported, rtt, told
from tests.kernel.viewer import Bottleneck, Scene, steady

FIRST_VISITS = 50
"""Steps in which nothing is read yet of what waits in the sockets."""


@pytest.fixture
def scene() -> Iterator[Scene]:
    scene = Scene(Bottleneck(steady(10e6)), Bottleneck(steady(10e6)))
    with closing(scene.stage.kernel):
        scene.run(6)
        yield scene


def stand_still(scene: Scene, seconds: float) -> None:
    scene.stage.now += int(seconds * 1e6)
    # What the publisher sends meanwhile is more than a socket holds.
    scene.camera.next_at = scene.speaks_at = scene.stage.now


def estimates(scene: Scene) -> list[int]:
    kernel = scene.stage.kernel
    return [kernel.session_stats(viewer.peer.handle)["estimate"] for viewer in scene.viewers]


@pytest.mark.parametrize("seconds", [0.3, 1.2, 5, 60])
def test_what_waited_goes_on_where_it_was(scene: Scene, seconds: float) -> None:
    asked = scene.stage.kernel.counters()["keyframes_requested"]
    seen = [len(viewer.frames[0]) for viewer in scene.viewers]
    stand_still(scene, seconds)
    scene.run(1)
    counters = scene.stage.kernel.counters()
    assert counters["slots_cut"] == 0
    assert counters["keyframes_requested"] == asked
    assert all(
        len(viewer.frames[0]) - before >= 18
        for viewer, before in zip(scene.viewers, seen, strict=True)
    )


@pytest.mark.parametrize("seconds", [0.7, 5])
def test_feedback_that_waits_in_the_socket_is_not_missed(scene: Scene, seconds: float) -> None:
    before = estimates(scene)
    stand_still(scene, seconds)
    for _ in range(FIRST_VISITS):
        scene.stage.now += 2_000
        scene.stage.kernel.tick(scene.stage.now)
    scene.run(1)
    assert all(now >= was for now, was in zip(estimates(scene), before, strict=True))


def test_a_report_that_waits_in_the_socket_is_no_long_way(stage: Stage) -> None:
    viewer = reported(stage)
    report(viewer, sent=round(told(viewer) - 50 * MILLISECOND))
    before, sent = rtt(viewer), told(viewer)
    stage.now += 5_000_000
    stage.wait(10)
    report(viewer, sent=sent)
    assert rtt(viewer) == before
