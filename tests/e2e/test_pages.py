"""Turning pages: pictures come, and nobody is ever shown under another's name."""

import itertools
import time
from collections.abc import AsyncIterator

import pytest_asyncio

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import CLOSE, Colour, hues
from tests.e2e.person import Person
from tests.e2e.publishing import class_of, publishing
from tests.e2e.waiting import until

COLOURS = hues(12)
PAGE = 9
VIEWPORT = {"width": 1000, "height": 640}
"""Of a size that has nine tiles to a page."""


@pytest_asyncio.fixture(loop_scope="session")
async def pupils(lesson: Lesson) -> AsyncIterator[dict[str, Colour]]:
    """More people than fit onto one page: name → colour."""
    people = class_of(COLOURS)
    async with publishing(lesson, people):
        yield {one["name"]: one["colour"] for one in people}


async def nine_pictures(lesson: Lesson, crowd: Crowd) -> Person:
    """Somebody before the first page, whose pictures have come."""
    viewer = await crowd.person("Учитель", viewport=VIEWPORT)
    await viewer.join(lesson.host_address, host=True, camera=False, microphone=False)
    await until(viewer.uncovered, lambda names: len(names) == PAGE, what="9")
    return viewer


async def test_a_page_turn_shows_the_pictures_of_all_on_it(
    lesson: Lesson, crowd: Crowd, pupils: dict[str, Colour]
) -> None:
    """How soon is told by `python -m bench.pages`."""
    viewer = await nine_pictures(lesson, crowd)
    for button in ("page-next", "page-previous"):
        before = set(await viewer.shown())
        await viewer.press(button)
        new = set(await viewer.shown()) - before - {viewer.name}
        assert new
        await until(
            viewer.uncovered,
            lambda names, new=new: new <= set(names),  # type: ignore[misc]
            what=f"pictures of {sorted(new)}",
        )
        for name in new:
            await viewer.expect_colour(name, pupils[name])


async def test_nobody_is_ever_shown_under_anothers_name(
    lesson: Lesson, crowd: Crowd, pupils: dict[str, Colour]
) -> None:
    viewer = await nine_pictures(lesson, crowd)
    await viewer.page.evaluate(
        "([colours, close]) => window.probe.watchTiles(colours, close)", [pupils, CLOSE]
    )
    pauses = itertools.cycle([60, 700, 25, 1600, 250, 90, 1100])
    end = time.monotonic() + 15
    for button in itertools.cycle(["page-next", "page-previous"]):
        await viewer.press(button)
        await viewer.page.wait_for_timeout(next(pauses))
        if time.monotonic() > end:
            break
    watch = await viewer.page.evaluate("(window.probe.watch.running = false, window.probe.watch)")
    assert not watch["wrong"], f"{len(watch['wrong'])} of {watch['samples']}: {watch['wrong'][:5]}"
    assert set(watch["byName"]) == set(pupils)
    assert watch["samples"] > 200, "too few looks to mean anything"
