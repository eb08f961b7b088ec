"""Firefox and Chromium in one call. Safari is not tested anywhere."""

import json
import shutil
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import BLUE, Look, is_colour
from tests.e2e.programs import program
from tests.e2e.waiting import until

SCRIPT = Path(__file__).with_name("firefox.mjs")


async def test_firefox_sees_hears_and_is_seen_and_heard(lesson: Lesson, crowd: Crowd) -> None:
    node = shutil.which("node")
    assert node, "there is no Node.js: run tools/setup.sh test"
    boris = await crowd.person("Борис", Look(BLUE, 700.0))
    await boris.join(lesson.address)
    async with program(node, str(SCRIPT), lesson.address, "Лиса", "Борис") as firefox:

        async def senses() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(await firefox.line(60))
            return found

        await until(
            senses,
            lambda now: is_colour(now["colour"], BLUE) and now["energy"] > 0,
            seconds=40,
            what="Firefox sees and hears Chromium",
        )
        tile = boris.tile("Лиса")
        await expect(tile).to_have_attribute("data-covered", "false", timeout=20_000)
        # Firefox's fake camera changes its colour, its microphone is a steady tone.
        first = await boris.colour("Лиса")
        await until(
            lambda: boris.colour("Лиса"),
            lambda seen: seen is not None and seen != first,
            seconds=15,
            what="the picture moves",
        )
        await until(boris.heard, lambda slots: any(slots[:3]), seconds=15, what="Firefox is heard")
    await expect(boris.tile("Лиса")).to_have_count(0, timeout=10_000)
