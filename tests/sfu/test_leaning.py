"""With what a camera's largest layer makes do, by what its viewers' lines bear."""

from hypothesis import given
from hypothesis import strategies as st

from sfu.ceilings import KBIT, Look
from sfu.leaning import (
    FIRST_WAIT,
    LASTED,
    LASTS,
    LEAST,
    LONGEST_WAIT,
    MORE,
    ROOM,
    STEP,
    STILL,
    SURE,
    WHOLE,
    Leaning,
)
from sfu.lines import EVERY
from tests.sfu.stage import Stage, tile
from tests.sfu.test_lines import joined, short_of_all, slot, told

F = 2


class Camera:
    """All its viewers are looked at every two seconds."""

    def __init__(self, *looks: Look) -> None:
        self.leaning = Leaning()
        self.now = 1000.0
        self.looks = list(looks)

    def after(self, seconds: float) -> int:
        """Kilobits per second of the largest layer."""
        for _ in range(round(seconds / EVERY)):
            self.now += EVERY
            for look in self.looks:
                self.leaning.hear(look)
            self.leaning.settle(self.now)
        return self.leaning.now // KBIT


def thinned(bears: int) -> Look:
    return Look(F, F, False, True, bears * KBIT * ROOM * MORE + 1)


def whole(bears: int) -> Look:
    return Look(F, F, True, False, bears * KBIT * ROOM * MORE + 1)


def middle(bears: int) -> Look:
    return Look(F, 1, True, True, bears * KBIT * ROOM + 1)


def lean(bears: int = 1400) -> Camera:
    camera = Camera(thinned(bears))
    assert camera.after(EVERY) == bears
    camera.looks = [whole(bears)]
    return camera


def borne(*looks: Look) -> Camera:
    """Somebody has long had all of its pictures."""
    camera = Camera(whole(1900))
    assert camera.after(LASTS * EVERY) == WHOLE // KBIT
    camera.looks = list(looks)
    return camera


def test_it_becomes_leaner_where_nobody_has_all_of_its_pictures() -> None:
    camera = borne(thinned(1430), thinned(1480))
    assert camera.after((SURE - 1) * EVERY) == 1800
    assert camera.after(EVERY) == 1400


def test_who_has_just_begun_to_look_need_not_wait_for_it() -> None:
    assert Camera(thinned(1400)).after(EVERY) == 1400
    camera = Camera(whole(1400))
    assert camera.after((LASTS - 1) * EVERY) == 1800
    camera.looks = [thinned(1400)]
    assert camera.after(EVERY) == 1400


def test_whoever_has_all_of_it_keeps_it() -> None:
    assert Camera(thinned(1400), whole(1400)).after(60) == 1800


def test_whoever_is_given_a_smaller_layer_has_no_say() -> None:
    assert Camera(middle(1300)).after(60) == 1800
    assert Camera(middle(900), thinned(1400)).after(EVERY) == 1400


def test_where_even_the_leanest_does_not_fit_it_stays() -> None:
    assert Camera(thinned(900)).after(60) == 1800
    camera = lean()
    camera.looks = [thinned(900)]
    assert camera.after(SURE * EVERY) == LEAST // KBIT
    assert camera.after((STILL - 1) * EVERY) == LEAST // KBIT
    assert camera.after(EVERY) == 1800


def test_what_was_of_no_use_is_done_more_and_more_seldom() -> None:
    """A line that wavers was seen to bear it, and does not."""
    camera = Camera(thinned(1400))
    before, changes = WHOLE // KBIT, 0
    for _ in range(round(3600 / EVERY)):
        changes += before != (before := camera.after(EVERY))
    assert changes <= 4 * 12


def test_what_was_found_out_is_kept_where_one_falls_to_less_for_a_moment() -> None:
    camera = lean()
    tries = 0
    for number in range(round(900 / EVERY)):
        is_lean = camera.leaning.now < WHOLE
        camera.looks = [whole(1400) if is_lean else thinned(1400)]
        if number % 14 == 0:
            camera.looks = [middle(900)]
        tries += camera.after(EVERY) == 1800 and is_lean
    assert 1 <= tries <= 5


def test_the_leanest_is_tried_where_it_may_fit() -> None:
    assert Camera(thinned(1100)).after(EVERY) == LEAST // KBIT


def test_where_it_was_not_enough_it_becomes_leaner_still() -> None:
    camera = lean()
    camera.looks = [thinned(1400)]
    assert camera.after((STILL - 1) * EVERY) == 1400
    assert camera.after(EVERY) == 1300
    assert camera.after(STILL * EVERY) == 1200


def test_a_keyframe_that_leaves_some_out_is_nothing() -> None:
    camera = borne()
    for _ in range(10):
        camera.looks = [thinned(1400)]
        assert camera.after((SURE - 1) * EVERY) == 1800
        camera.looks = [whole(1400)]
        camera.after(EVERY)


def test_one_who_bears_all_of_it_has_it_at_once() -> None:
    camera = lean()
    camera.looks.append(whole(1900))
    assert camera.after(EVERY) == 1800


def test_all_of_it_is_tried_again_each_time_after_twice_as_long() -> None:
    camera = lean()
    wait = FIRST_WAIT
    for _ in range(4):
        assert camera.after(wait - EVERY) == 1400
        assert camera.after(EVERY) == 1800
        camera.looks = [thinned(1400)]
        assert camera.after(EVERY) == 1400
        camera.looks = [whole(1400)]
        wait = min(LONGEST_WAIT, 2 * wait)


def test_what_lasts_has_not_been_in_vain() -> None:
    camera = lean()
    assert camera.after(FIRST_WAIT + LASTED) == 1800
    camera.looks = [thinned(1400)]
    camera.after(SURE * EVERY)
    camera.looks = [whole(1400)]
    assert camera.after(FIRST_WAIT - EVERY) == 1400
    assert camera.after(EVERY) == 1800


def test_when_nobody_is_given_it_any_more_it_is_as_it_was() -> None:
    camera = lean()
    camera.looks = [middle(900)]
    assert camera.after(LASTED - EVERY) == 1400
    assert camera.after(2 * EVERY) == 1800
    assert camera.leaning.idle


@given(
    st.lists(
        st.lists(st.builds(Look, st.integers(0, 2), st.integers(-1, 2), st.booleans(),
                           st.booleans(), st.floats(-1e9, 1e9)), max_size=4),
        max_size=60,
    )
)  # fmt: skip
def test_whatever_is_said_it_keeps_within_its_bounds(rounds: list[list[Look]]) -> None:
    camera = Camera()
    for looks in rounds:
        camera.looks = looks
        camera.after(EVERY)
        assert LEAST <= camera.leaning.now <= WHOLE
        assert camera.leaning.now % STEP == 0


# ── in a call ──


def thinned_on_two_megabits(stage: Stage, proven: int = 1900) -> int:
    stage.now = 1000.0
    joined(stage, 1, open=["camera"], uplink=3000 * KBIT)
    viewer = joined(stage, 2, view=[tile(0, 1, 720)])
    stage.kernel.stats[viewer] = short_of_all(F, proven)
    return viewer


def test_the_publisher_is_told() -> None:
    stage = Stage()
    thinned_on_two_megabits(stage)
    told(stage, 3 * EVERY)
    assert stage.actual["s1"].camera_ceilings == {"f": 1400 * KBIT}
    assert [command[0] for command in stage.kernel.log].count("set_leaner") == 1
    stage.want(2, view=[])
    told(stage, LASTED + 3 * EVERY)
    assert stage.actual["s1"].camera_ceilings == {}


def test_who_tells_nothing_of_his_line_is_taken_to_bear_all() -> None:
    stage = Stage()
    viewer = thinned_on_two_megabits(stage)
    other = joined(stage, 3, view=[tile(0, 1, 720)])
    stage.kernel.stats[other] = stage.kernel.stats[viewer] | {
        "proven": 0,
        "slots": [slot(0, F, cost=1850 * KBIT)],
    }
    told(stage, 6 * EVERY)
    assert stage.actual["s1"].camera_ceilings == {}
