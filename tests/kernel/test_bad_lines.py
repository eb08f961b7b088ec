"""Viewers on bad lines: what they are given, what is sent into their lines, and who gives way.

The camera has 180, 360 and 720 lines at 150, 500 and 1800 kbit/s and 20 pictures a second; one
speaks at 36 kbit/s, which is 63 on the line.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol

import pytest

from tests.kernel.peer import Address, Peer
from tests.kernel.viewer import Bottleneck, Camera, Cameras, Scene, Viewer, steady


class Play(Protocol):
    def __call__(self, *lines: Bottleneck, view: Callable[[Peer], None] = ...) -> Scene: ...


def counted(peer: Peer) -> None:
    peer.view(transport_cc=True)


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as scenes:

        def begin(*lines: Bottleneck, view: Callable[[Peer], None] = counted) -> Scene:
            scene = Scene(*lines, view=view)
            scenes.callback(scene.stage.kernel.close)
            return scene

        yield begin


class Stretch:
    """What happened on a viewer's line in some seconds."""

    def __init__(
        self,
        scene: Scene,
        viewer: Viewer,
        seconds: float,
        slot: int = 0,
        advance: Callable[[float], None] | None = None,
    ) -> None:
        line, frames = viewer.line, viewer.frames.setdefault(slot, [])
        offered, carried, heard, seen = line.offered, line.carried, len(viewer.sound), len(frames)
        delays = len(line.delays)
        (advance or scene.run)(seconds)
        self.offered = (line.offered - offered) * 8 / seconds
        self.carried = (line.carried - carried) * 8 / seconds
        self.sound = (len(viewer.sound) - heard) / seconds
        self.pictures = (len(frames) - seen) / seconds
        self.bitrate = sum(size for _, size in frames[seen:]) * 8 / seconds
        waits = sorted(line.delays[delays:]) or [0.0]
        self.queue = waits[int(0.95 * len(waits))] / 1e3


def given(scene: Scene, viewer: Viewer) -> list[int]:
    return [slot["given"] for slot in scene.stage.kernel.session_stats(viewer.peer.handle)["slots"]]


@pytest.mark.parametrize(
    ("capacity", "layers", "pictures"),
    [(5e6, [2], 19), (1e6, [1], 15), (3e5, [0], 15), (1e5, [-1], 0)],
)
def test_a_steady_line(play: Play, capacity: float, layers: list[int], pictures: int) -> None:
    line = Bottleneck(steady(capacity))
    scene = play(line)
    viewer = scene.viewers[0]
    scene.run(10)
    stretch = Stretch(scene, viewer, 20)
    assert given(scene, viewer) == layers
    assert stretch.sound >= 49.5
    assert stretch.pictures >= pictures
    assert stretch.offered <= 1.1 * capacity
    assert stretch.offered - stretch.carried <= 0.02 * capacity
    assert stretch.queue <= 100


@pytest.mark.parametrize("seconds", [0.25, 0.5, 1.0])
def test_who_tells_arrivals_seldom_has_large_pictures_on_a_wide_line(
    play: Play, seconds: float
) -> None:
    """A probe's answer takes that long, and no line is away meanwhile."""
    scene = play(Bottleneck(steady(10e6)))
    viewer = scene.viewers[0]
    viewer.feedback_every = int(seconds * 1e6)
    scene.run(10 if seconds < 1 else 30)
    assert given(scene, viewer) == [2]
    assert Stretch(scene, viewer, 5).pictures >= 19


@pytest.mark.parametrize("seconds", [3, 14])
def test_sound_alone_tells_nothing_of_what_pictures_need(play: Play, seconds: float) -> None:
    """A camera is switched on later; what is thought of the line would let it have 130 kbit/s."""
    line = Bottleneck(steady(1e5))
    scene = play(line)
    viewer = scene.viewers[0]
    scene.stage.kernel.clear_slot(viewer.peer.handle, 0)
    scene.camera.rates = (130_000, 500_000, 1_800_000)
    scene.run(seconds)
    assert viewer.feedbacks > 30, "nobody has settled at once"
    scene.stage.kernel.set_slot(viewer.peer.handle, 0, scene.publisher.handle, 1, 0, height=180)
    scene.run(1)
    stretch = Stretch(scene, viewer, 2)
    assert stretch.sound >= 48
    assert stretch.offered <= 1.1e5


@pytest.mark.parametrize(("shown", "heard"), [(0, 200), (8, 150)])
def test_after_a_long_time_of_sound_alone_a_picture_comes_at_once(
    play: Play, shown: float, heard: float
) -> None:
    """A camera is switched on in a lesson where all have only listened. Sound does not wait, and
    what it took of the pace meanwhile must not be owed by the picture."""
    scene = play(Bottleneck(steady(1e7)))
    viewer, kernel = scene.viewers[0], scene.stage.kernel
    if shown:
        scene.run(shown)
    kernel.clear_slot(viewer.peer.handle, 0)
    scene.run(heard)
    seen = len(viewer.frames.get(0, []))
    kernel.set_slot(viewer.peer.handle, 0, scene.publisher.handle, 1, 2, height=720)
    scene.run(0.5)
    assert len(viewer.frames[0]) - seen >= 4


def test_a_line_that_narrows_and_widens(play: Play) -> None:
    line = Bottleneck(lambda t: 2e6 if t < 16 or t > 31 else 3e5)
    scene = play(line)
    viewer = scene.viewers[0]
    scene.run(15)
    assert given(scene, viewer) == [2] or given(scene, viewer) == [1]
    scene.run(3)
    narrow = Stretch(scene, viewer, 10)
    assert given(scene, viewer) == [0]
    assert narrow.sound >= 49
    assert narrow.pictures >= 15
    scene.run(13)
    assert given(scene, viewer)[0] >= 1, "10 s after the line is back"


@pytest.mark.parametrize("after", [3e5, 6e5, 1e6], ids=str)
def test_a_line_that_falls_under_one_who_has_settled(play: Play, after: float) -> None:
    """What he asks for again says so at once. What is told then is of what left before: for that
    the estimate falls no further."""
    scene = play(Bottleneck(lambda t: 4e6 if t < 25 else after))
    viewer = scene.viewers[0]
    scene.run(24)
    told = viewer.feedbacks
    scene.run(0.8)
    assert viewer.feedbacks == told, "he has settled"
    scene.run(0.85)
    for _ in range(3):
        fallen = Stretch(scene, viewer, 1)
        assert fallen.offered <= 1.1 * after
        assert fallen.pictures >= 9
        estimate = scene.stage.kernel.session_stats(viewer.peer.handle)["estimate"]
        assert 0.7 * after <= estimate <= 1.1 * after


@pytest.mark.parametrize("phase", [0.0, 0.6, 0.65, 0.9])
def test_while_the_smaller_layer_is_on_its_way_the_estimate_falls_no_further(
    play: Play, phase: float
) -> None:
    """What is lost is told for a second, and nothing arrives but sound: that is not the line's."""
    scene = play(Bottleneck(lambda t: 2e6 if t < 25 + phase else 3e5, queue=150_000))
    viewer = scene.viewers[0]
    scene.camera.layers = (2,)
    scene.camera.rates = (125_000, 400_000, 1_400_000)
    scene.camera.FPS = 25
    scene.run(24.9 + phase)
    while given(scene, viewer) == [2]:
        scene.run(0.02)
    scene.camera.layers = ()
    for _ in range(15):
        scene.run(0.1)
        estimate = scene.stage.kernel.session_stats(viewer.peer.handle)["estimate"]
        assert estimate >= 2e5


class Noisy(Bottleneck):
    """Of 250 packets twice twelve in turn are lost, with five between."""

    sent = 0

    def send(self, now: int, size: int) -> int | None:
        self.sent += 1
        at = super().send(now, size)
        return None if self.sent % 250 < 29 and not 12 <= self.sent % 250 < 17 else at


def test_bursts_of_noise_make_no_line_narrow(play: Play) -> None:
    scene = play(Noisy(steady(1e7)))
    viewer = scene.viewers[0]
    scene.run(20)
    for _ in range(10):
        scene.run(1)
        assert given(scene, viewer) == [2]


def test_nothing_is_repaired_of_a_layer_that_is_shown_no_more(play: Play) -> None:
    """Its publisher sends the smaller one when told to: that keyframe finds an empty line."""
    scene = play(Bottleneck(lambda t: 2e6 if t < 25 else 3e5))
    viewer = scene.viewers[0]
    scene.camera.layers = (2,)
    scene.run(24.9)
    while given(scene, viewer) == [2]:
        scene.run(0.02)
    repaired = scene.stage.kernel.counters()["retransmitted"]
    asked = viewer.asked
    scene.run(0.5)
    assert viewer.asked - asked > 50
    assert scene.stage.kernel.counters()["retransmitted"] == repaired


def test_what_a_full_line_lost_of_the_sound_goes_along_with_nothing(play: Play) -> None:
    """Twice the sound for twenty seconds would take half of what is left from the pictures."""
    line = Bottleneck(lambda t: 4e6 if t < 25 else 3e5)
    scene = play(line, view=lambda peer: peer.view(transport_cc=True, red=True))
    viewer = scene.viewers[0]
    viewer.reports = True
    viewer.report_every = 5_000_000
    scene.run(40)
    assert line.offered > line.carried
    assert scene.stage.kernel.counters()["sound_repeated"] <= 100


@pytest.mark.parametrize("loss", [0.02, 0.05, 0.1])
def test_random_loss_on_a_wide_line_is_no_congestion(play: Play, loss: float) -> None:
    scene = play(Bottleneck(steady(10e6), loss=loss))
    viewer = scene.viewers[0]
    scene.run(8)
    stretch = Stretch(scene, viewer, 20)
    assert given(scene, viewer) == [2]
    assert stretch.pictures >= 18
    assert stretch.offered <= 1.3 * 2.1e6


def test_an_outage_is_over_when_it_is_over(play: Play) -> None:
    scene = play(Bottleneck(lambda t: 0 if 12 < t < 16 else 3e6))
    viewer = scene.viewers[0]
    scene.run(15.5)
    stretch = Stretch(scene, viewer, 5)
    assert stretch.pictures >= 14
    assert stretch.sound >= 45


@pytest.mark.parametrize("away", [3, 5, 9])
def test_a_report_before_any_feedback_says_nothing_of_who_was_away(play: Play, away: float) -> None:
    """Who is silent when the line goes has had all of the last sound, and a report says so: that no
    feedback came of it is the line's fault, not that of a stack that tells none."""
    line = Bottleneck(steady(1e7))
    scene = play(line)
    viewer = scene.viewers[0]
    viewer.reports = True
    scene.run(25.5)
    scene.speaks_at += 30_000_000
    scene.run(0.4)
    line.capacity, viewer.answers = steady(0), False
    scene.run(away)
    line.capacity, viewer.answers = steady(1e7), True
    viewer.reported_at -= viewer.report_every
    scene.run(2)
    for _ in range(3):
        back = Stretch(scene, viewer, 1)
        assert given(scene, viewer) == [2]
        assert back.pictures >= 19


def test_what_the_network_that_was_left_lost_makes_the_new_one_no_narrow_line(play: Play) -> None:
    """At the edge of a Wi-Fi most gets lost; he asks for it when he is elsewhere."""
    line = Bottleneck(steady(1e7))
    scene = play(line)
    viewer = scene.viewers[0]
    scene.run(25)
    line.loss = 0.8
    viewer.answers = False
    scene.run(0.25)
    line.loss = 0.0
    there = ("10.77.0.1", 40_777)
    scene.stage.peers[there] = scene.stage.peers.pop(viewer.peer.address)
    viewer.peer.address = there
    viewer.peer.check()
    viewer.answers = True
    viewer.peer.report()
    scene.run(1)
    for _ in range(3):
        assert Stretch(scene, viewer, 1).pictures >= 19
        assert given(scene, viewer) == [2]


@pytest.mark.parametrize("longer", [150_000, 250_000])
def test_another_network_with_a_longer_way_is_no_full_line(play: Play, longer: int) -> None:
    line = Bottleneck(steady(1e6))
    scene = play(line)
    viewer = scene.viewers[0]
    scene.run(12)
    line.delay += longer
    scene.run(0.05)
    there = ("10.77.0.1", 40_777)
    scene.stage.peers[there] = scene.stage.peers.pop(viewer.peer.address)
    viewer.peer.address = there
    viewer.peer.check()
    viewer.peer.report()
    scene.run(1)
    stretch = Stretch(scene, viewer, 4)
    assert stretch.pictures >= 9
    assert given(scene, viewer) == [1]
    assert stretch.queue <= 100


@pytest.mark.parametrize(("wide", "narrow", "span"), [(6e5, 3e5, 3), (5e5, 3e5, 4)])
def test_steps_that_were_too_far_on_a_narrow_line_hold_up_nothing_on_a_wide_one(
    play: Play, wide: float, narrow: float, span: float
) -> None:
    scene = play(Bottleneck(lambda t: 3e6 if t > 40 else wide if t % (2 * span) < span else narrow))
    viewer = scene.viewers[0]
    scene.run(40)
    assert given(scene, viewer)[0] < 2
    scene.run(8)
    assert given(scene, viewer) == [2]


def test_little_is_sent_into_a_line_that_stands_still_under_a_settled_viewer(play: Play) -> None:
    """His browser's own estimate is all that he told; its end says it."""
    line = Bottleneck(lambda t: 0 if 32 < t < 42 else 3e6)
    scene = play(line)
    viewer = scene.viewers[0]
    scene.run(30)
    told = viewer.feedbacks
    scene.run(2 - 0.05)
    assert viewer.feedbacks == told, "he has settled"
    scene.run(4)
    stretch = Stretch(scene, viewer, 5)
    assert stretch.offered <= 3e5
    scene.run(4)
    stretch = Stretch(scene, viewer, 5)
    assert stretch.pictures >= 15
    assert stretch.sound >= 45


def test_who_never_tells_an_estimate_of_his_own_stays_counted(play: Play) -> None:
    """Without numbers nothing would be told of his line: he is not tried again and again."""
    scene = play(Bottleneck(steady(1e7)))
    viewer = scene.viewers[0]
    viewer.estimates = False
    scene.run(40)
    for _ in range(20):
        told = viewer.feedbacks
        scene.run(1)
        assert viewer.feedbacks > told


def test_one_on_a_bad_line_costs_the_others_nothing(play: Play) -> None:
    scene = play(Bottleneck(steady(3e5)), Bottleneck(steady(10e6)), Bottleneck(steady(10e6)))
    scene.run(8)
    asked = scene.stage.kernel.counters()["keyframes_requested"]
    stretch = Stretch(scene, scene.viewers[1], 20)
    assert stretch.pictures >= 19.5
    assert given(scene, scene.viewers[1]) == [2]
    assert scene.stage.kernel.counters()["keyframes_requested"] - asked <= 4


def test_a_publisher_who_vanishes_costs_the_others_nothing_and_is_shown_when_he_is_back(
    play: Play,
) -> None:
    """His browser was killed, or his line is down for a while: nobody says that he is gone."""
    scene = play(Bottleneck(steady(1e6)), Bottleneck(steady(3e5)))
    other = scene.stage.join(100)
    other.publish()
    both = scene.camera = Cameras([scene.camera, Camera(scene.stage, other)])  # type: ignore[assignment]
    for viewer in scene.viewers:
        scene.stage.kernel.set_slot(viewer.peer.handle, 1, other.handle, 1, 2, height=720)
    scene.run(10)
    gone = both.cameras.pop()
    scene.stage.cut.add(other.address)
    scene.run(3)
    shown = [len(viewer.frames[0]) for viewer in scene.viewers]
    for _ in range(16):
        scene.run(1)
        assert [given(scene, viewer)[0] for viewer in scene.viewers] == [1, 0]
    for viewer in scene.viewers:
        away = scene.stage.kernel.session_stats(viewer.peer.handle)["slots"][1]
        assert (away["limited"], away["cost"]) == (False, 0), "no line keeps it back"
    for viewer, before in zip(scene.viewers, shown, strict=True):
        assert len(viewer.frames[0]) - before >= 16 * 19
    scene.stage.cut.clear()
    gone.next_at = scene.stage.now
    gone.picture = 0
    both.cameras.append(gone)
    seen = [len(viewer.frames[1]) for viewer in scene.viewers]
    scene.run(3)
    for viewer, before in zip(scene.viewers, seen, strict=True):
        assert len(viewer.frames[1]) - before >= 5


def test_a_layer_that_was_too_much_and_became_leaner_is_shown_whole_within_seconds(
    play: Play,
) -> None:
    """Steps up have failed until the next was to wait for long: of what is no more."""
    scene = play(Bottleneck(lambda t: 2.3e6 * (1 + 0.3 * math.sin(2 * math.pi * t / 3))))
    viewer, camera = scene.viewers[0], scene.camera
    scene.run(20)
    camera.rates, keyframes = (150_000, 500_000, 1_400_000), camera.keyframes
    scene.run(5)
    stretch = Stretch(scene, viewer, 5)
    assert stretch.pictures >= 18
    assert camera.keyframes == keyframes


class Leaky(Camera):
    """His own line takes half of what he sends, three packets in turn."""

    def __init__(self, scene: Scene, number: int) -> None:
        super().__init__(scene.stage, scene.stage.join(number))
        self.publisher.publish()
        self.sent = 0
        send = self.publisher.send

        def sent(packet: bytes, *, address: Address | None = None) -> bytes:
            self.sent += 1
            return b"" if self.sent % 6 < 3 else send(packet, address=address)

        self.publisher.send = sent  # type: ignore[method-assign]


def test_what_a_publisher_loses_makes_no_viewers_line_narrow(play: Play) -> None:
    """He asks for it as for what his own line has lost: others would no more be shown for it."""
    scene = play(Bottleneck(steady(1e7)))
    viewer = scene.viewers[0]
    scene.run(10)
    leaky = Leaky(scene, 9)
    scene.camera = Cameras([scene.camera, leaky])  # type: ignore[assignment]
    scene.stage.kernel.set_slot(viewer.peer.handle, 1, leaky.publisher.handle, 1, 2, height=720)
    seen = len(viewer.frames[0])
    scene.run(10)
    assert viewer.asked > 200
    assert len(viewer.frames[0]) - seen >= 0.9 * 10 * Camera.FPS
