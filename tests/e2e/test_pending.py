"""What is said while the connection is away is not lost."""

import re

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import BLUE, GREEN, Look
from tests.e2e.running import Running

TONE = 700.0
SPEAKING = re.compile(r"\bspeaking\b")


async def test_a_mute_during_a_reconnect_is_obeyed_and_told(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with Line(running) as line:
        boris = await crowd.person("Борис", Look(BLUE, TONE), script=line.script)
        anya = await crowd.person("Аня", Look(GREEN))
        await boris.join(line.address(lesson.address))
        await anya.join(lesson.address, camera=False)
        await anya.expect_tones([TONE])
        tile = boris.tile("Аня")
        mark = tile.locator(".mic-mark")
        await expect(tile).to_have_class(SPEAKING)
        await expect(mark).to_have_css("filter", "none")
        line.cut()
        await boris.expect_phase("reconnecting")
        await boris.set("microphone", False)
        button = boris.page.get_by_test_id("microphone")
        await expect(button).to_have_attribute("data-pending", "true")
        # She goes on speaking, but of that nothing comes here.
        await expect(tile).not_to_have_class(SPEAKING)
        await expect(mark).to_have_css("filter", "grayscale(1)")
        line.mend()
        await boris.expect_phase("connected")
        await expect(button).to_have_attribute("data-pending", "false")
        await expect(button).to_have_attribute("data-on", "false")
        await anya.expect_tones([])
