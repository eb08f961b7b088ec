"""A running installation of ours with its own client on both sides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page

from bench.line.presets import GOOD
from tests.e2e.browsers import Browsers
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.relayed import relayed
from tests.e2e.running import Running

from ..cases import PUBLISHER, VIEWER, Case
from ..scene import Scene
from .meeting import Meeting
from .pages import SAMPLING

SCRIPT = SAMPLING.read_text()


class Ours:
    name = "Zvonok"

    def __init__(self, browsers: Browsers, scene: Scene, running: Running) -> None:
        self._browsers = browsers
        self._scene = scene
        self._running = running

    @asynccontextmanager
    async def meeting(self, case: Case, seed: int) -> AsyncIterator[Meeting]:
        """The line is a good one until the viewer enters, for his page comes through it, too."""
        lesson = Lesson(self._running, case.name)
        async with (
            relayed(self._running, GOOD, seed=seed) as line,
            Crowd(self._browsers, self._scene.camera.parent) as crowd,
        ):
            scripts = {who: SCRIPT + (line.script if who == case.weak else "")
                       for who in (PUBLISHER, VIEWER)}  # fmt: skip
            addresses = {who: line.address(lesson.address) if who == case.weak else lesson.address
                         for who in (PUBLISHER, VIEWER)}  # fmt: skip
            publisher = await crowd.person(
                "Аня", script=scripts[PUBLISHER], flags=self._scene.flags
            )
            await publisher.join(addresses[PUBLISHER])
            viewer = await crowd.person("Борис", script=scripts[VIEWER])
            await viewer.page.goto(addresses[VIEWER])
            await prepare(viewer.page, "Борис")

            async def enter() -> None:
                line.become(case.preset)
                await viewer.press("prejoin-join")
                # Otherwise a page that was broken would look like a line that lets nothing through.
                await viewer.expect_phase("connected")

            yield Meeting(publisher.page, viewer.page, enter, [line.relay])


async def prepare(page: Page, name: str) -> None:
    """Ready to press the button, without camera and microphone."""
    await page.get_by_test_id("prejoin-name").fill(name)
    for switch in ("camera", "microphone"):
        button = page.get_by_test_id(f"prejoin-{switch}")
        if await button.get_attribute("data-on") == "true":
            await button.click()
