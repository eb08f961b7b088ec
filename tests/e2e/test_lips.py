"""Sound and picture of a person belong together, whatever the clock of his machine says.

Here is counted who holds what back; how far lips and voice are apart is measured by `bench.lips`.
"""

from typing import Any

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import RED
from tests.e2e.publishing import publishing
from tests.e2e.running import Running
from tests.e2e.waiting import until

NEAR, AHEAD = "Точный", "Спешащий"
SIGHT = {"colour": RED, "tone": 800.0, "rate": 25, "flash": True, "period": 1.2}
HERTZ = 48000
MOST = 0.5
"""Seconds; by more the client holds no picture back."""


def excess(held: dict[str, float]) -> float:
    """Seconds by which it is held longer than its packets need, in the mean."""
    return (held["wanted"] - held["needed"]) / held["emitted"]


async def test_no_clock_holds_anything_back_though_one_is_wrong_by_two_seconds(
    lesson: Lesson, crowd: Crowd
) -> None:
    viewer = await crowd.person("Аня")
    async with (
        publishing(lesson, [{"name": NEAR, **SIGHT}]),
        publishing(lesson, [{"name": AHEAD, "skew": 2.0, **SIGHT}]),
    ):
        await viewer.join(lesson.address, camera=False, microphone=False)
        for name in (NEAR, AHEAD):
            await viewer.expect_colour(name, RED)
            # By then both clocks were told: a browser levels by sender reports.
            found = await until(
                lambda name=name: viewer.holds(name),  # type: ignore[misc]
                lambda now: now["sound"]["emitted"] > 5 * HERTZ and now["picture"]["emitted"] > 0,
                what=f"{name} is seen and heard",
            )
            assert excess(found["sound"]) == 0, found
            assert 0 <= excess(found["picture"]) <= MOST, found


async def test_a_picture_waits_for_sound_that_is_held_for_jitter(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    def waits(now: dict[str, Any]) -> bool:
        return now["wish"] is not None and now["picture"]["wanted"] > now["picture"]["needed"]

    async with (
        Line(running, sound_jitter=0.3) as line,
        publishing(lesson, [{"name": NEAR, **SIGHT}]),
    ):
        viewer = await crowd.person("Аня", script=line.script)
        await viewer.join(line.address(lesson.address), camera=False, microphone=False)
        await viewer.expect_colour(NEAR, RED)
        found = await until(lambda: viewer.holds(NEAR), waits, what="the picture waits")
        assert found["sound"]["wanted"] == found["sound"]["needed"], "the sound waits, too"
