"""Sound and picture of a person belong together, whatever the clock of his machine says."""

from statistics import median

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import RED
from tests.e2e.publishing import publishing
from tests.e2e.running import Running
from tests.e2e.waiting import until

NEAR, AHEAD = "Точный", "Спешащий"
SIGHT = {"colour": RED, "tone": 800.0, "rate": 25, "flash": True}
PERIOD = 1.2
LIMIT = 100.0
"""Milliseconds; people begin to notice at about that."""


async def test_lips_are_in_sync_though_clocks_differ_by_two_seconds(
    lesson: Lesson, crowd: Crowd
) -> None:
    viewer = await crowd.person("Аня")
    async with (
        publishing(lesson, [{"name": NEAR, "period": PERIOD, **SIGHT}]),
        publishing(lesson, [{"name": AHEAD, "period": PERIOD, "skew": 2.0, **SIGHT}]),
    ):
        await viewer.join(lesson.address, camera=False, microphone=False)
        for name in (NEAR, AHEAD):
            await viewer.expect_colour(name, RED)
            # Sender reports are needed, and jitter buffers settle.
            await until(
                lambda name=name: viewer.lag(name, 8 * PERIOD),  # type: ignore[misc]
                lambda lags: len(lags) >= 4 and abs(median(lags)) < LIMIT,
                seconds=40,
                what=f"picture and sound of {name} come together",
            )


async def test_lips_are_in_sync_though_sound_is_held_for_jitter(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with (
        Line(running, sound_jitter=0.3) as line,
        publishing(lesson, [{"name": NEAR, "period": PERIOD, **SIGHT}]),
    ):
        viewer = await crowd.person("Аня", script=line.script)
        await viewer.join(line.address(lesson.address), camera=False, microphone=False)
        await viewer.expect_colour(NEAR, RED)
        await until(
            lambda: viewer.lag(NEAR, 8 * PERIOD),
            lambda lags: len(lags) >= 4 and abs(median(lags)) < LIMIT,
            seconds=60,
            what="picture and sound come together",
        )
