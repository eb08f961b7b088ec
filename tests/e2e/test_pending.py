"""What is said while the connection is away is not lost."""

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import BLUE, Look
from tests.e2e.running import Running

TONE = 700.0


async def test_a_mute_during_a_reconnect_is_obeyed_and_told(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with Line(running) as line:
        boris = await crowd.person("Борис", Look(BLUE, TONE), script=line.script)
        anya = await crowd.person("Аня")
        await boris.join(line.address(lesson.address))
        await anya.join(lesson.address, camera=False, microphone=False)
        await anya.expect_tones([TONE])
        line.cut()
        await boris.expect_phase("reconnecting", seconds=15)
        await boris.set("microphone", False)
        button = boris.page.get_by_test_id("microphone")
        await expect(button).to_have_attribute("data-pending", "true")
        tile = boris.tile("Аня")
        await expect(tile).not_to_have_class("speaking")
        line.mend()
        await boris.expect_phase("connected")
        await expect(button).to_have_attribute("data-pending", "false", timeout=15_000)
        await expect(button).to_have_attribute("data-on", "false")
        await anya.expect_tones([])
