"""Turning pages: pictures come, and nobody is ever shown under another's name."""

import itertools
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import CLOSE, Colour, hues
from tests.e2e.person import Person
from tests.e2e.publishing import class_of, publishing
from tests.e2e.waiting import until
from tests.patience import PATIENCE

COLOURS = hues(12)
SECONDS = 15
"""How long somebody turns pages, at least."""
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
    turns = itertools.cycle(["page-next", "page-previous"])
    began = time.monotonic()

    async def watch() -> dict[str, Any]:
        await viewer.press(next(turns))
        await viewer.page.wait_for_timeout(next(pauses))
        seen: dict[str, Any] = await viewer.page.evaluate("window.probe.watch")
        return seen

    def is_enough(seen: dict[str, Any]) -> bool:
        everybody = set(seen["byName"]) == set(pupils)
        return everybody and seen["samples"] > 200 and time.monotonic() > began + SECONDS

    seen = await until(watch, is_enough, seconds=SECONDS + PATIENCE, what="everybody is looked at")
    assert not seen["wrong"], f"{len(seen['wrong'])} of {seen['samples']}: {seen['wrong'][:5]}"
