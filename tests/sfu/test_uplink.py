"""What a publisher's line bears, and what he is asked for because of it."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.ceilings import LAYERS
from sfu.leaning import LEAST
from sfu.uplink import BANDS, BRIEF, FIRST_WAIT, GRACE, KBIT, LASTED, LONGEST_WAIT, REST, Uplink
from sfu.views import HOLD
from tests.sfu import offers
from tests.sfu.stage import Stage, tile
from zvonok.wire.bus import ActualSession, Tile

CAMERA = 1
Q, H, F = 0, 1, 2


class Line:
    """A publisher whose browser tells its estimate every second."""

    def __init__(self) -> None:
        self.uplink = Uplink()
        self.now = 1000.0

    def bears(self, kbit: int, seconds: float = 1.0) -> set[int]:
        for _ in range(round(seconds)):
            self.now += 1.0
            self.uplink.hear(kbit * KBIT, screen=False, now=self.now)
        return set(self.uplink.layers)

    def changes(self, kbit: int, seconds: float) -> Iterator[float]:
        """When the layers were others than a second before."""
        for _ in range(round(seconds)):
            before = set(self.uplink.layers)
            if self.bears(kbit) != before:
                yield self.now


def test_who_says_nothing_is_asked_for_all() -> None:
    line = Line()
    assert line.bears(0) == {Q, H, F}
    assert not line.uplink.limited
    line.bears(250)
    assert line.bears(0, FIRST_WAIT + 1) == {Q, H, F}


@pytest.mark.parametrize("kbit", [(0, 1), (0, 400), (1, 100_000), (0, 90, 100_000, 400)])
def test_who_says_another_thing_each_second_costs_viewers_few_pictures(
    kbit: tuple[int, ...],
) -> None:
    """Each change of layers is a keyframe for everybody who sees him, or a tile that is covered."""
    line, before, changes = Line(), {Q, H, F}, 0
    for at in range(600):
        layers = line.bears(kbit[at % len(kbit)])
        changes += layers != before
        before = layers
    assert changes <= 30


def test_what_fits_is_asked_for_at_once() -> None:
    for kbit, layers in (
        (3000, {Q, H, F}),
        (1000, {Q, F}),
        (600, {F}),
        (400, {Q, H}),
        (250, {H}),
        (100, {Q}),
    ):
        assert Line().bears(kbit) == layers, kbit
    line = Line()
    assert line.bears(30) == set()


def test_a_falling_estimate_is_followed_step_by_step() -> None:
    line = Line()
    seen = [line.bears(kbit) for kbit in (3900, 900, 400, 250, 100, 30)]
    assert seen == [{Q, H, F}, {Q, F}, {Q, H}, {H}, {Q}, set()]


def test_an_estimate_that_wavers_changes_nothing() -> None:
    line = Line()
    line.bears(240)
    for kbit in (224, 250, 205, 278, 190):
        assert line.bears(kbit) == {H}


def test_no_layers_are_so_few_that_an_estimate_cannot_grow_to_more_of_them() -> None:
    """A browser's does not rise much above what it may send."""
    most = (LAYERS[Q], LAYERS[H], LEAST)
    for fewer, more in itertools.pairwise(BANDS):
        if fewer.layers:
            assert more.enter <= sum(most[layer] for layer in fewer.layers)


def test_a_line_that_is_good_again_is_found_so_from_the_smallest_layer_on() -> None:
    line = Line()
    line.bears(100, LASTED)
    line.bears(170, FIRST_WAIT + 1)
    assert line.bears(170) == {H}
    line.bears(490, 3)
    assert line.bears(1900, LONGEST_WAIT) == {Q, H, F}


def test_the_largest_layer_is_tried_when_the_one_before_it_is_whole() -> None:
    """The estimate of a browser that sends 500 kbit/s does not rise above that."""
    line = Line()
    line.bears(250, FIRST_WAIT)
    assert line.bears(490) == {F}
    assert line.bears(490, GRACE - 1) == {F}
    assert line.bears(1900, 60) == {Q, H, F}


def test_what_was_tried_in_vain_is_tried_more_and_more_seldom() -> None:
    line = Line()
    line.bears(250)
    at = list(line.changes(490, 400))
    ups, downs = at[0::2], at[1::2]
    assert all(down - up <= GRACE for up, down in zip(ups, downs, strict=False))
    waits = [up - down for down, up in zip(downs, ups[1:], strict=False)]
    assert waits[0] == FIRST_WAIT
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_WAIT


def test_the_first_keyframe_of_what_is_tried_may_fill_the_line() -> None:
    line = Line()
    line.bears(70)
    assert line.bears(240, FIRST_WAIT) == {H}
    assert line.bears(100, GRACE - 1) == {H}
    assert line.bears(200) == {H}


def test_what_lasts_ends_the_waiting() -> None:
    line = Line()
    line.bears(250)
    line.bears(490, 300)
    line.bears(1900, LONGEST_WAIT + LASTED)
    line.bears(250)
    assert line.bears(490, FIRST_WAIT) == {F}


def test_a_camera_that_was_let_go_is_tried_again_for_a_small_part_of_the_time() -> None:
    """Its browser, which sends sound alone, finds out nothing of the line."""
    line = Line()
    line.bears(30)
    on = sum(line.bears(30) == {Q} for _ in range(1200))
    assert 0 < on < 1200 * 0.07
    assert any(line.bears(30) for _ in range(round(LONGEST_WAIT) + 1))
    assert line.bears(120, 60) == {Q}


def test_a_camera_that_rests_is_tried_shortly_and_not_soon() -> None:
    """What is too much for the line costs the sound."""
    line = Line()
    line.bears(30)
    up, down, again = itertools.islice(line.changes(30, 60), 3)
    assert up - 1001 == REST
    assert down - up == BRIEF
    assert again - down == 2 * REST


def test_whose_browser_never_heard_of_a_try_has_not_tried_in_vain() -> None:
    """His socket is away, and his camera rests as before."""
    line = Line()
    line.bears(30)
    downs = []
    for _ in range(100):
        before = line.uplink.layers
        if line.uplink.tried:
            line.uplink.saw(700)
        if before and not line.bears(30):
            downs.append(line.now)
        elif not before:
            line.bears(30)
    assert len(downs) > 2
    assert {again - down for down, again in itertools.pairwise(downs)} == {2 * REST + BRIEF}


def test_the_screen_comes_first() -> None:
    uplink = Uplink()
    uplink.hear(800 * KBIT, screen=True, now=1000.0)
    assert set(uplink.layers) == {H}


@given(st.lists(st.tuples(st.integers(0, 100_000_000), st.floats(0.0, 100.0)), max_size=60))
def test_whatever_is_told_the_layers_are_those_of_a_band(told: list[tuple[int, float]]) -> None:
    uplink, now = Uplink(), 0.0
    for estimate, passed in told:
        now += passed
        before = uplink.layers
        changed = uplink.hear(estimate, screen=False, now=now)
        assert changed == (uplink.layers != before)
        assert uplink.layers in [band.layers for band in BANDS]


# ── in a call ──


def shown(stage: Stage) -> list[tuple[object, ...]]:
    """Viewer's handle, slot, and layer; what is cleared has none."""
    return [
        (entry[1], entry[2], entry[5] if entry[0] == "set_slot" else None)
        for entry in stage.kernel.take("set_slot", "clear_slot")
    ]


def asked(stage: Stage, uplink: int = 0) -> ActualSession:
    """Of participant 1, once what nobody shows any more is let go."""
    stage.want(1, uplink=uplink)
    stage.pass_time(0.1)
    stage.pass_time(HOLD)
    return stage.actual["s1"]


def watched() -> Stage:
    """Who publishes is seen large by one and small by another."""
    stage = Stage()
    stage.now = 1000.0
    stage.want(1, open=["camera"])
    stage.want(2, view=[tile(0, 1, 720)])
    stage.want(3, view=[tile(0, 1, 180)])
    shown(stage)
    return stage


def test_a_publisher_on_a_weak_line_is_asked_for_one_layer_which_all_get() -> None:
    stage = watched()
    assert asked(stage).camera_layers == ["q", "f"]
    assert asked(stage, uplink=250 * KBIT).camera_layers == ["h"]
    assert sorted(shown(stage)) == [(1, 0, H), (2, 0, H)]
    stage.pass_time(FIRST_WAIT)
    assert asked(stage, uplink=4000 * KBIT).camera_layers == ["q", "f"]
    assert sorted(shown(stage)) == [(1, 0, F), (2, 0, Q)]


def test_who_spares_his_line_gets_the_smallest_layer_all_the_same() -> None:
    stage = watched()
    stage.want(3, view=[Tile(0, 1, "camera", 180, "few")])
    assert asked(stage, uplink=600 * KBIT).camera_layers == ["q", "f"]
    assert shown(stage) == [(2, 0, Q)]
    assert asked(stage, uplink=30 * KBIT).camera_layers == []
    assert sorted(shown(stage)) == [(1, 0, None), (2, 0, None)]


def test_a_line_that_bears_no_picture_is_asked_for_none_and_tried_again() -> None:
    stage = watched()
    assert asked(stage, uplink=30 * KBIT).camera_layers == []
    assert sorted(shown(stage)) == [(1, 0, None), (2, 0, None)]
    for _ in range(100):
        stage.pass_time(1.0)
    assert [layer for _, _, layer in shown(stage)].count(Q) >= 2


def limited(stage: Stage) -> bool:
    """Whether participant 1 is told that his line does not bear what is wanted of his camera."""
    stage.pass_time(0.1)
    return stage.actual["s1"].limited


def rests(stage: Stage) -> bool:
    """The same, and it bears nothing."""
    return limited(stage) and not stage.actual["s1"].camera_layers


def tries(stage: Stage, seconds: int, *, comes: bool) -> int:
    """How often participant 1's camera is tried."""
    tried, rested, packets = 0, True, 100
    for _ in range(seconds):
        layers = stage.actual["s1"].camera_layers
        tried += rested and bool(layers)
        rested = not layers
        packets += 30 if comes and layers else 0
        stage.kernel.stats[0] = {"sources": [{"kind": CAMERA, "layer": Q, "packets": packets}]}
        stage.pass_time(1.0)
    return tried


def test_a_try_of_which_nothing_comes_keeps_no_camera_resting_longer() -> None:
    stage = watched()
    asked(stage, uplink=30 * KBIT)
    assert tries(stage, 300, comes=True) <= 5
    stage = watched()
    asked(stage, uplink=30 * KBIT)
    assert tries(stage, 300, comes=False) >= 10


def test_a_camera_that_rests_knows_why() -> None:
    stage = watched()
    assert not rests(stage)
    asked(stage, uplink=30 * KBIT)
    assert rests(stage)
    for viewer in (2, 3):
        stage.want(viewer, view=[])
    assert not rests(stage), "nobody looks"
    stage.pass_time(REST)
    stage.want(2, view=[tile(0, 1)])
    assert not rests(stage), "a picture is tried"
    assert stage.actual["s1"].camera_layers == ["q"]
    stage.pass_time(GRACE)
    assert asked(stage, uplink=20 * KBIT).camera_layers == []
    assert rests(stage)
    stage.leave(2)
    assert not rests(stage), "who looked has left"
    stage.want(3, view=[tile(0, 1)])
    assert rests(stage)
    stage.want(1, open=[])
    assert not rests(stage), "the camera is off"


def test_who_sends_less_than_is_wanted_knows_why() -> None:
    stage = watched()
    asked(stage, uplink=250 * KBIT)
    assert limited(stage), "the large tile would have more"
    stage.want(2, view=[tile(0, 1, 360)])
    assert not limited(stage), "it is enough for all"
    stage.want(2, view=[tile(0, 1, 720)])
    assert limited(stage)
    stage.leave(2)
    assert not limited(stage), "who wanted more has left"
    stage.want(3, view=[tile(0, 1, 720)])
    assert limited(stage)
    stage.pass_time(FIRST_WAIT)
    asked(stage, uplink=4000 * KBIT)
    assert not limited(stage)


def test_who_comes_later_gets_what_the_publishers_line_bears() -> None:
    stage = watched()
    asked(stage, uplink=250 * KBIT)
    shown(stage)
    stage.want(4, view=[tile(0, 1, 1080)])
    assert shown(stage) == [(3, 0, H)]


def test_whom_nobody_wants_to_see_is_not_tried() -> None:
    stage = watched()
    asked(stage, uplink=30 * KBIT)
    for viewer in (2, 3):
        stage.want(viewer, view=[])
    for _ in range(300):
        stage.pass_time(1.0)
    shown(stage)
    stage.want(2, view=[tile(0, 1)])
    stage.pass_time(0.1)
    assert shown(stage) == [(1, 0, Q)]


def test_screens_are_asked_for_as_ever() -> None:
    stage = Stage()
    stage.now = 1000.0
    stage.want(1, open=["screen"], uplink=30 * KBIT)
    stage.want(2, view=[tile(0, 1, 1080, "screen")])
    assert stage.actual["s1"].screen_shown


def test_who_has_layers_of_his_own_is_not_limited() -> None:
    """What they cost is not known, and such software tells no estimate."""
    stage = Stage()
    stage.now = 1000.0
    stage.want(1, offer=offers.whip(), open=["camera"], uplink=30 * KBIT)
    stage.want(2, view=[tile(0, 1)])
    assert stage.actual["s1"].camera_layers == ["f"]


def test_a_new_connection_is_judged_anew() -> None:
    stage = watched()
    asked(stage, uplink=30 * KBIT)
    stage.leave(1)
    stage.want(1, open=["camera"], uplink=0)
    assert stage.actual["s1"].camera_layers == ["q", "f"]


def test_for_what_was_said_of_an_earlier_connection_no_camera_rests() -> None:
    stage = watched()
    asked(stage, uplink=30 * KBIT)
    stage.leave(1)
    stage.want(1, open=["camera"], uplink=30 * KBIT)
    assert asked(stage, uplink=30 * KBIT).camera_layers == ["q"]
    assert asked(stage, uplink=29 * KBIT).camera_layers == []
    assert asked(stage, uplink=30 * KBIT).camera_layers == [], "it is said of this one"
