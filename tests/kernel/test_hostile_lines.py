"""Viewers whose feedback lies, has another form, or is not what they have promised."""

import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sfu.kernel.estimate import Estimator
from tests.kernel.feedback import write_remb
from tests.kernel.peer import BOOTED, SLOT_SSRC, Peer
from tests.kernel.viewer import Bottleneck, Scene, Viewer, steady
from zvonok.wire.ids import VIDEO_SLOTS


def feedback_body(base: int, reference: int, deltas: list[int]) -> bytes:
    """Of packets that all arrived: two-byte deltas in units of 250 µs."""
    chunk = struct.pack("!H", 2 << 13 | len(deltas))
    head = struct.pack("!IIHH", 7, 0, base & 0xFFFF, len(deltas)) + reference.to_bytes(3, "big")
    return head + b"\0" + chunk + b"".join(struct.pack("!h", delta) for delta in deltas)


def test_arrivals_before_the_reference_at_zero_are_counted_and_write_nowhere_else() -> None:
    """The clock of who just started may be at 0, and deltas may be negative. Arrivals are counted
    in a ring by their time: a time below 0 has no place in it."""
    now = 1_000_000
    line = Estimator(now)
    for round_ in range(60):
        base = 0
        for i in range(5):
            now += 10_000
            number = line.sent(now, 1000)
            base = base if i else number
        # 50 ms on each time, all of it before the peer's time 0.
        first = -30_000 + 200 * round_
        assert line.feedback(now, feedback_body(base, 0, [first, 40, 40, 40, 40]))
    assert 750_000 < line.state["acked"] < 850_000


# ── stacks that do things another way ──


Play = Callable[..., Scene]


@pytest.fixture
def play() -> Iterator[Play]:
    with ExitStack() as scenes:

        def begin(*lines: Bottleneck, view: Callable[[Peer], None]) -> Scene:
            scene = Scene(*lines, view=view)
            scenes.callback(scene.stage.kernel.close)
            return scene

        yield begin


def given(scene: Scene) -> list[int]:
    stats = scene.stage.kernel.session_stats(scene.viewers[0].peer.handle)
    return [slot["given"] for slot in stats["slots"]]


def promises(*, sound: bool = True, pictures: bool = True, rtx: bool = True) -> Any:
    def view(peer: Peer) -> None:
        peer.view(rtx=rtx, transport_cc=pictures, sound_transport_cc=sound)

    return view


def test_a_dip_does_not_end_the_pictures_of_who_counts_no_sound(play: Play) -> None:
    """His feedback tells of less than what leaves: the estimate may fall below the sound."""
    begins = 0.0
    line = Bottleneck(lambda t: 150e3 if 3 <= t - begins < 6 else 2e6)
    scene = play(line, view=promises(sound=False))
    begins = (scene.stage.now - BOOTED) / 1e6
    scene.run(8)
    seen = len(scene.viewers[0].frames[0])
    scene.run(10)
    assert len(scene.viewers[0].frames[0]) - seen >= 60


def test_a_line_without_repairs_is_tried_by_pictures(play: Play) -> None:
    """Probes repeat packets (RFC 4588): who takes no repairs cannot be probed."""
    scene = play(Bottleneck(steady(10e6)), view=promises(rtx=False))
    scene.run(15)
    assert given(scene) == [2]


def test_a_narrow_line_without_repairs_is_not_tried_for_ever(play: Play) -> None:
    line = Bottleneck(steady(1e6))
    scene = play(line, view=promises(rtx=False))
    scene.run(20)
    asked, offered, carried = keyframes(scene), line.offered, line.carried
    scene.run(40)
    assert keyframes(scene) - asked <= 8
    assert line.offered - offered <= 1.1 * 40 * 1e6 / 8
    assert line.carried - carried >= 0.4 * 40 * 1e6 / 8


@pytest.mark.parametrize(("sound", "pictures"), [(False, True), (True, False)])
def test_promised_for_sound_or_pictures_alone(play: Play, sound: bool, pictures: bool) -> None:
    """Of pictures that have no numbers nothing is told: they cannot be held to it."""
    scene = play(Bottleneck(steady(10e6)), view=promises(sound=sound, pictures=pictures))
    scene.run(10)
    assert given(scene) == [2]


def test_promised_for_pictures_alone_a_narrow_line_is_not_flooded_first(play: Play) -> None:
    line = Bottleneck(steady(3e5))
    scene = play(line, view=promises(sound=False))
    scene.run(2)
    assert line.offered <= 1.1 * 2 * 3e5 / 8
    scene.run(8)
    assert given(scene) == [0]


def test_nothing_is_black_for_ever_because_nothing_is_sent(play: Play) -> None:
    """Nobody speaks and no picture fits: nothing leaves, so nothing is told of the line, either."""
    scene = play(Bottleneck(lambda t: 6e4 if 10 < t < 14 else 5e6), view=promises())
    scene.speaks_at = 1 << 60
    scene.run(13.5)
    assert given(scene) == [-1]
    scene.run(14)
    assert given(scene)[0] >= 1


def test_who_promises_arrivals_and_tells_a_remb_is_held_to_that(play: Play) -> None:
    line = Bottleneck(steady(3e5))
    scene = play(line, view=promises())
    viewer = scene.viewers[0]
    viewer.tells = False
    for second in range(25):
        if second == 20:
            before = line.offered
        scene.run(1)
        viewer.peer.send_rtcp(write_remb(270_000))
    assert line.offered - before <= 1.5 * 5 * 3e5 / 8


def test_who_tells_no_arrivals_any_more_but_receives_gets_pictures(play: Play) -> None:
    scene = play(Bottleneck(steady(10e6)), view=promises())
    viewer = scene.viewers[0]
    scene.run(4)
    viewer.tells = False
    for _ in range(16):
        scene.run(0.5)
        # All has arrived that was sent by then.
        viewer.peer.send_rtcp(all_arrived(viewer))
    seen = len(viewer.frames[0])
    scene.run(5)
    assert len(viewer.frames[0]) - seen >= 90


def all_arrived(viewer: Viewer) -> bytes:
    block = struct.pack("!IIIIII", SLOT_SSRC, 0, viewer.highest, 0, 0, 0)
    return struct.pack("!BBHI", 0x81, 201, 7, 7) + block


def test_the_last_feedback_of_who_settles_may_get_lost(play: Play) -> None:
    """None follows it, as no numbers do: that is no line that is away."""
    scene = play(Bottleneck(steady(20e6)), view=promises())
    viewer, told = scene.viewers[0], -1
    while viewer.feedbacks != told:
        told = viewer.feedbacks
        scene.run(0.1)
    settled = scene.stage.now
    again = play(Bottleneck(steady(20e6)), view=promises())
    again.run((settled - again.stage.now) / 1e6 - 0.5)
    kernel, viewer = again.stage.kernel, again.viewers[0]
    viewer.answers = False
    again.run(1.5)
    viewer.heard.clear()
    viewer.base, viewer.answers = None, True
    told, before = viewer.feedbacks, estimate(again)
    for slot in (1, 2, 3):
        kernel.set_slot(viewer.peer.handle, slot, again.publisher.handle, 1, 2, height=700)
    again.run(0.5)
    assert viewer.feedbacks > told, "he is counted again"
    assert estimate(again) >= before


def test_a_remb_says_nothing_of_sound(play: Play) -> None:
    """Browsers leave it out: whoever only listens tells next to nothing, over any line."""
    scene = play(Bottleneck(steady(20e6)), view=promises())
    viewer = scene.viewers[0]
    scene.stage.kernel.clear_slot(viewer.peer.handle, 0)
    scene.run(20)
    heard, told = len(viewer.sound), viewer.feedbacks
    for _ in range(20):
        viewer.peer.send_rtcp(write_remb(11_000))
        scene.run(0.5)
    assert len(viewer.sound) - heard >= 10 * 20, "sound came all the while"
    assert viewer.feedbacks == told, "he is counted again"


def estimate(scene: Scene) -> int:
    return int(scene.stage.kernel.session_stats(scene.viewers[0].peer.handle)["estimate"])


# ── who wants to keep others busy ──


def keyframes(scene: Scene) -> int:
    return int(scene.stage.kernel.counters()["keyframes_requested"])


def test_estimates_that_leap_do_not_flood_python(play: Play) -> None:
    """Twenty-five slots given all and nothing by turns, six times in 2 ms."""
    scene = play(Bottleneck(steady(20e6)), view=promises(sound=False, pictures=False))
    peer = scene.viewers[0].peer
    for slot in range(1, VIDEO_SLOTS):
        scene.stage.kernel.set_slot(peer.handle, slot, scene.publisher.handle, 1, 2, height=720)
    told = 0
    for _ in range(1000):
        for bitrate in (1000, 20_000_000) * 3:
            peer.send_rtcp(write_remb(bitrate))
            scene.stage.kernel.tick(scene.stage.now)
        scene.run(0.002)
        told += len(scene.events())
    assert 2 * VIDEO_SLOTS <= told <= 2 * VIDEO_SLOTS + 2 * 10 + 1


def test_one_line_that_swings_costs_the_publisher_few_keyframes(play: Play) -> None:
    """A second of room, a second of none: each step up turns out to have been too far."""
    swinging = Bottleneck(lambda t: 2e6 if int(t) % 2 else 3e5)
    scene = play(swinging, Bottleneck(steady(10e6)), view=promises())
    scene.run(10)
    asked = keyframes(scene)
    scene.run(60)
    assert keyframes(scene) - asked <= 15
    assert given(scene)[0] >= 0


# ── a page of pictures ──


def test_a_page_of_pictures_opens_at_once_on_a_good_line(play: Play) -> None:
    """He has only listened so far: nothing more is known of his line."""
    scene = play(Bottleneck(steady(10e6)), view=promises())
    viewer, kernel = scene.viewers[0], scene.stage.kernel
    kernel.clear_slot(viewer.peer.handle, 0)
    scene.run(20)
    for slot in range(VIDEO_SLOTS):
        kernel.set_slot(viewer.peer.handle, slot, scene.publisher.handle, 1, 0, height=180)
    scene.run(3)
    assert min(given(scene)) == 0
    scene.run(3)
    before = sum(len(frames) for frames in viewer.frames.values())
    scene.run(2)
    assert (
        sum(len(frames) for frames in viewer.frames.values()) - before
        >= 0.75 * 2 * 20 * VIDEO_SLOTS
    )
