"""Pictures for people to look at: `pytest -m screenshots tests/e2e`; the folder is printed."""

import tempfile
from pathlib import Path

import pytest

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import BLUE, GREEN, Look, hues
from tests.e2e.outage import Outage, broken
from tests.e2e.publishing import class_of, publishing
from tests.e2e.running import Running

pytestmark = pytest.mark.screenshots
SIZES = [(360, 740), (1280, 720), (1920, 1080)]


@pytest.fixture(scope="module")
def folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="zvonok-screenshots-"))
    print(f"\nscreenshots in {folder}")  # noqa: T201
    return folder


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size[0]))
async def test_every_page(
    size: tuple[int, int], folder: Path, running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    width, height = size
    viewport = {"width": width, "height": height}
    teacher = await crowd.person("Мария Ивановна", Look(GREEN), viewport=viewport)

    async def shoot(name: str) -> None:
        await teacher.page.wait_for_timeout(700)
        await teacher.page.screenshot(path=folder / f"{width}-{name}.png")

    await teacher.page.goto(running.origin)
    await shoot("start")
    await teacher.page.goto(f"{running.origin}/#key={running.school_key}")
    await teacher.page.get_by_test_id("create-title").fill("Физика 7А")
    await teacher.press("create-lesson")
    await teacher.page.get_by_test_id("enter-as-host").wait_for()
    await shoot("created")
    await teacher.page.goto(lesson.host_address)
    await teacher.page.get_by_test_id("prejoin-name").fill(teacher.name)
    await shoot("prejoin")
    await teacher.enter(host=True)
    await shoot("alone")
    async with publishing(lesson, class_of(hues(5))):
        boris = await crowd.person("Борис", Look(BLUE))
        await boris.join(lesson.address)
        await teacher.expect_colour("Борис", BLUE)
        await shoot("grid")
        await boris.press("share")
        await teacher.page.locator('[data-kind="screen"][data-covered="false"]').wait_for()
        await shoot("presentation")


@pytest.mark.parametrize("size", SIZES[:2], ids=lambda size: str(size[0]))
async def test_while_the_media_server_is_away(
    size: tuple[int, int], folder: Path, running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    width, height = size
    viewport = {"width": width, "height": height}
    anya = await crowd.person("Аня", Look(GREEN), viewport=viewport)
    boris = await crowd.person("Борис", Look(BLUE, 700.0))
    await anya.join(lesson.address)
    await boris.join(lesson.address)
    await anya.expect_colour("Борис", BLUE)
    await anya.expect_tones([700.0])

    async def shoot(name: str) -> None:
        await anya.page.screenshot(path=folder / f"{width}-{name}.png")

    async with Line(running) as line:
        for name in ("grid", "presentation"):
            if name == "presentation":
                await boris.press("share")
                await anya.page.locator('[data-kind="screen"][data-covered="false"]').wait_for()
            await shoot(f"{name}-before")
            with broken(Outage(("sfu",), 5), running, line):
                await anya.page.get_by_test_id("banner-reconnecting").wait_for(timeout=10_000)
                await anya.page.wait_for_timeout(1_000)
                await shoot(f"{name}-away")
            await anya.expect_phase("connected")
            await anya.page.wait_for_timeout(4_000)
            await shoot(f"{name}-back")
