"""What bit rate a camera's middle layer may have, by what its viewers' lines bear."""

from gc import collect
from weakref import ref

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.ceilings import (
    FIRST_WAIT,
    KBIT,
    LASTED,
    LONGEST_WAIT,
    MOST,
    PACE,
    PLAIN,
    ROOM,
    STEP,
    SURE,
    Ceiling,
    Look,
)
from sfu.lines import EVERY
from sfu.views import HOLD
from tests.sfu import offers
from tests.sfu.stage import Stage, tile
from tests.sfu.test_lines import joined, short_of_all, slot, told
from zvonok.wire.ids import Layer

Q, H, F = 0, 1, 2
WIDE = 20_000


class Camera:
    """All its viewers are looked at every two seconds."""

    def __init__(self, *looks: Look) -> None:
        self.ceiling = Ceiling()
        self.now = 1000.0
        self.looks = list(looks)
        self.asked: tuple[int, ...] = (H,)
        self.uplink = WIDE
        self.largest = 1800

    def after(self, seconds: float) -> int:
        """Kilobits per second of the middle layer."""
        for _ in range(round(seconds / EVERY)):
            self.now += EVERY
            for look in self.looks:
                self.ceiling.hear(look)
            self.ceiling.settle(
                self.now,
                asked=self.asked,
                uplink=self.uplink * KBIT,
                largest=self.largest * KBIT,
            )
        return self.ceiling.now // KBIT


def limited(bears: int, *, given: int = H, whole: bool = True) -> Look:
    """He wants the largest layer; his line bears so many kbit/s of this one as encoders count."""
    return Look(F, given, whole, True, bears * KBIT * ROOM + 1)


def content(bears: int) -> Look:
    """He has all that he wants."""
    return Look(H, H, True, False, bears * KBIT * ROOM + 1)


def test_the_middle_layer_becomes_as_rich_as_the_line_bears_of_who_wants_more() -> None:
    camera = Camera(limited(790))
    assert camera.after(EVERY) == 500, "one look may be chance"
    assert 500 < camera.after(EVERY) < 750, "not all at once: the next estimate knows more"
    assert camera.after(2 * PACE) == 750
    assert camera.after(300) == 750


def test_it_becomes_no_richer_than_what_makes_a_difference() -> None:
    assert Camera(limited(1700)).after(60) == MOST // KBIT


def test_a_line_that_bears_no_more_than_the_plain_layer_changes_nothing() -> None:
    assert Camera(limited(540)).after(60) == 500
    assert Camera(limited(300, whole=False)).after(60) == 500


def test_nobody_who_has_that_layer_is_given_more_than_his_line_bears() -> None:
    camera = Camera(limited(790), limited(620), content(700))
    assert camera.after(60) == 600
    camera.looks.append(content(510))
    assert camera.after(10) == 600, "his line has borne it so far"
    camera.looks[-1] = limited(510, whole=False)
    assert camera.after(EVERY) == 500


def test_it_becomes_no_richer_for_the_sake_of_a_few() -> None:
    camera = Camera(limited(790), content(5000), content(5000))
    assert camera.after(60) == 500
    camera.looks.append(limited(790))
    assert camera.after(60) == 750


def test_who_has_the_largest_has_no_say() -> None:
    camera = Camera(limited(790), *[Look(F, F, True, False, 1800 * KBIT)] * 29)
    assert camera.after(60) == 750


def test_who_could_have_the_plain_layer_is_not_kept_from_it_by_a_rich_one() -> None:
    camera = Camera(limited(790))
    assert camera.after(60) == 750
    camera.looks.append(limited(490, given=Q))
    assert camera.after(EVERY) == 500
    camera.looks[-1] = limited(150, given=Q)
    assert camera.after(60) == 750, "he could have neither"


@pytest.mark.parametrize(
    ("asked", "uplink", "expected"),
    [
        ((H,), 900, 750),
        ((H,), 780, 700),
        ((Q, H, F), 2695, 500),
        ((Q, H, F), 2810, 600),
        ((H,), 0, 500),
    ],
)
def test_the_publishers_line_has_to_bear_it(
    asked: tuple[int, ...], uplink: int, expected: int
) -> None:
    camera = Camera(limited(790))
    camera.asked, camera.uplink = asked, uplink
    assert camera.after(60) == expected


def test_a_publisher_whose_line_narrows_gives_what_he_did_before() -> None:
    camera = Camera(limited(790))
    assert camera.after(60) == 750
    camera.uplink = 400
    assert camera.after(EVERY) == 500


FALLEN = [limited(400, whole=False), limited(120, given=Q), limited(0, given=-1)]


@pytest.mark.parametrize("fallen", FALLEN)
def test_a_step_that_was_too_far_is_taken_back_and_tried_more_and_more_seldom(fallen: Look) -> None:
    camera = Camera()
    at: list[float] = []
    before = 500
    while camera.now < 3000:
        camera.looks = [limited(790) if before == 500 else fallen]
        now = camera.after(EVERY)
        at += [camera.now] * (now > before)
        before = now
    waits = [b - a for a, b in zip(at, at[1:], strict=False)]
    assert FIRST_WAIT <= waits[0] <= FIRST_WAIT + 3 * EVERY
    assert waits == sorted(waits)
    assert LONGEST_WAIT <= waits[-1] <= LONGEST_WAIT + 3 * EVERY


@pytest.mark.parametrize("fallen", FALLEN)
def test_who_comes_and_goes_shortens_no_wait(fallen: Look) -> None:
    """Nor does who says now and then that he bears much."""
    camera = Camera(limited(600))
    ups, before = 0, 500
    for turn in range(300):
        camera.looks = [limited(600), *[limited(790), content(790), fallen][: 1 + turn % 3]]
        if before > 500:
            camera.looks.append(fallen)
        now = camera.after(EVERY)
        ups += now > before
        before = now
    assert ups <= 300 * EVERY / LONGEST_WAIT + 5


def test_what_has_lasted_ends_the_waiting() -> None:
    camera = Camera(limited(600))
    assert camera.after(LASTED + 10) == 600
    camera.looks = [limited(510, whole=False)]
    assert camera.after(EVERY) == 500
    camera.looks = [limited(600)]
    assert camera.after(PACE + SURE * EVERY) == 600


def test_a_camera_that_nobody_looks_at_is_forgotten() -> None:
    camera = Camera(limited(790))
    assert camera.after(60) == 750
    assert not camera.ceiling.idle
    camera.looks = []
    assert camera.after(EVERY) == 500
    assert camera.ceiling.idle


LOOKS = st.builds(
    Look,
    wanted=st.integers(1, 2),
    given=st.integers(-1, 2),
    whole=st.booleans(),
    limited=st.booleans(),
    room=st.floats(-1e12, 1e12),
)


@given(st.lists(st.tuples(st.lists(LOOKS, max_size=3), st.floats(0, 5e6)), max_size=40))
def test_whatever_is_seen_the_layer_stays_within_its_range(
    rounds: list[tuple[list[Look], float]],
) -> None:
    camera = Camera()
    for looks, uplink in rounds:
        camera.looks, camera.uplink = looks, int(uplink / KBIT)
        camera.after(EVERY)
        assert PLAIN <= camera.ceiling.now <= MOST
        assert camera.ceiling.now % STEP == 0


# ── in a call ──


def narrow(stage: Stage, *, estimate: int = 1000, proven: int = 935, uplink: int = 3000) -> int:
    """Handle of somebody on a line of a megabit who is shown the middle layer and wants more."""
    stage.now = 1000.0
    joined(stage, 1, open=["camera"], uplink=uplink * KBIT)
    viewer = joined(stage, 2, view=[tile(0, 1, 720)])
    stage.kernel.stats[viewer] = {
        "estimate": estimate * KBIT,
        "proven": proven * KBIT,
        "spare": (estimate - 614) * KBIT,
        "slots": [slot(0, H, limited=True, cost=550 * KBIT)],
    }
    return viewer


def ceilings_of(stage: Stage, session: str = "s1") -> dict[Layer, int]:
    return stage.actual[session].camera_ceilings


def test_the_publisher_is_told_and_told_again_when_it_is_over() -> None:
    stage = Stage()
    viewer = narrow(stage)
    told(stage, 10 * EVERY)
    assert ceilings_of(stage) == {"h": 750 * KBIT}
    stage.want(2, view=[])
    told(stage, 3 * EVERY)
    assert ceilings_of(stage) == {}
    assert viewer in stage.kernel.open


def test_what_an_estimate_has_grown_by_itself_is_not_believed() -> None:
    stage = Stage()
    narrow(stage, estimate=1400)
    told(stage, 10 * EVERY)
    assert ceilings_of(stage) == {"h": 750 * KBIT}


@pytest.mark.parametrize("estimate", [0, 1400])
def test_of_a_line_of_which_nothing_is_known_nothing_is_believed(estimate: int) -> None:
    stage = Stage()
    viewer = narrow(stage, estimate=estimate, proven=0)
    stage.kernel.stats[viewer]["spare"] = 1000 * KBIT
    told(stage, 10 * EVERY)
    assert ceilings_of(stage) == {}


def test_of_a_publisher_who_does_not_say_what_he_can_send_no_more_is_wanted() -> None:
    stage = Stage()
    narrow(stage, uplink=0)
    told(stage, 10 * EVERY)
    assert ceilings_of(stage) == {}


def test_nothing_becomes_richer_while_another_tile_has_the_smallest() -> None:
    stage = Stage()
    viewer = narrow(stage)
    joined(stage, 3, open=["camera"])
    stage.want(2, view=[tile(0, 1, 720), tile(1, 3, 720)])
    stage.kernel.stats[viewer]["slots"].append(slot(1, Q, limited=True, cost=170 * KBIT))
    told(stage, 10 * EVERY)
    assert ceilings_of(stage) == {}


def test_two_pictures_do_not_both_have_what_is_left() -> None:
    stage = Stage()
    viewer = narrow(stage)
    joined(stage, 3, open=["camera"], uplink=3000 * KBIT)
    stage.want(2, view=[tile(0, 1, 720), tile(1, 3, 720)])
    stage.kernel.stats[viewer]["slots"].append(slot(1, H, limited=True, cost=550 * KBIT))
    told(stage, 10 * EVERY)
    assert ceilings_of(stage) == ceilings_of(stage, "s3") == {"h": 600 * KBIT}


def test_a_picture_of_which_nothing_comes_has_nothing_of_what_is_left() -> None:
    """It has the layer that was given last: its publisher is away."""
    stage = Stage()
    viewer = narrow(stage)
    joined(stage, 3, open=["camera"], uplink=3000 * KBIT)
    stage.want(2, view=[tile(0, 1, 720), tile(1, 3, 720)])
    stage.kernel.stats[viewer]["slots"].append(slot(1, H))
    told(stage, 10 * EVERY)
    assert ceilings_of(stage) == {"h": 750 * KBIT}


def test_what_the_largest_has_less_of_the_publishers_line_is_free_for_this_one() -> None:
    stage = Stage()
    narrow(stage, uplink=2500)
    other = joined(stage, 3, view=[tile(0, 1, 720)])
    stage.kernel.stats[other] = short_of_all(F)
    told(stage, 12 * EVERY)
    assert ceilings_of(stage) == {"f": 1200 * KBIT, "h": 750 * KBIT}


def test_a_camera_that_goes_off_is_told_nothing_more_and_begins_anew() -> None:
    stage = Stage()
    narrow(stage)
    told(stage, 10 * EVERY)
    stage.want(1, open=[])
    told(stage, 3 * EVERY)
    assert ceilings_of(stage) == {}
    stage.leave(1)
    told(stage, 3 * EVERY)
    stage.pass_time(HOLD)


def test_of_who_leaves_nothing_is_kept() -> None:
    stage = Stage()
    narrow(stage)
    told(stage, 10 * EVERY)
    session = stage.engine.session_of(0)
    assert session is not None
    gone = ref(session)
    del session
    stage.leave(1)
    told(stage, 3 * EVERY)
    stage.leave(2)
    told(stage, 3 * EVERY)
    collect()
    assert gone() is None


def test_streaming_programs_are_told_nothing() -> None:
    stage = Stage()
    stage.now = 1000.0
    stage.want(1, offer=offers.whip(), kind="publisher", open=["camera"])
    session = stage.engine.session_of(0)
    assert session is not None
    assert session.ceiling is None
