"""As many people at once as the screen has place for, also while one shows one's own screen."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import hues, is_colour
from tests.e2e.person import Person
from tests.e2e.publishing import class_of, publishing
from tests.e2e.waiting import until

PAGE = 16
COLOURS = hues(PAGE + 2)
FEW = hues(3)
TONE = 700.0
AUDIBLE = "all => all.length > 0 && all.every(each => !each.paused && !each.muted)"
WITHOUT_TOP = "delete window.documentPictureInPicture"
"""As in a browser that has no windows above others."""


async def pictures(page: Page) -> int:
    return await page.locator(
        '[data-testid="tile"][data-kind="camera"][data-covered="false"]'
    ).count()


@pytest_asyncio.fixture(loop_scope="session")
async def pupils(lesson: Lesson) -> AsyncIterator[None]:
    async with publishing(lesson, class_of(COLOURS)):
        yield


async def sections(viewer: Person) -> int:
    found: int = await viewer.page.evaluate("window.zvonok.peer.getTransceivers().length")
    return found


async def test_sixteen_pictures_at_1280_also_while_presenting(
    lesson: Lesson, crowd: Crowd, pupils: None
) -> None:
    viewer = await crowd.person("Учитель")
    await viewer.join(lesson.host_address, host=True, camera=False, microphone=False)
    await until(
        lambda: pictures(viewer.page), lambda count: count == PAGE, seconds=30, what="16 pictures"
    )
    negotiated = await sections(viewer)
    await viewer.press("share")
    await viewer.page.get_by_test_id("own-screen").wait_for()
    await until(lambda: pictures(viewer.page), lambda count: count == PAGE, what="16 beside it")
    await viewer.press("page-next")
    await until(lambda: pictures(viewer.page), lambda count: count == 2, what="the other 2")
    assert await sections(viewer) == negotiated == 4 + 4 + 25


@pytest.mark.parametrize("script", ["", WITHOUT_TOP], ids=["above others", "beside others"])
async def test_faces_in_a_window_of_their_own(script: str, lesson: Lesson, crowd: Crowd) -> None:
    viewer = await crowd.person("Учитель", script=script)
    async with publishing(lesson, class_of(FEW)):
        await viewer.join(lesson.host_address, host=True, camera=False)
        await viewer.press("share")
        async with viewer.page.context.expect_page() as opening:
            await viewer.press("faces-open")
        faces = await opening.value
        await until(lambda: pictures(faces), lambda count: count == 3, what="3 faces")
        await expect(faces.get_by_test_id("faces-microphone")).to_have_attribute("data-on", "true")
        await faces.get_by_test_id("faces-microphone").click()
        await expect(viewer.page.get_by_test_id("microphone")).to_have_attribute("data-on", "false")
        await hide(viewer, hidden=True)
        # By then a hidden page has stopped to ask for its own pictures.
        await faces.wait_for_timeout(5000)
        assert await pictures(faces) == 3
        await faces.get_by_test_id("faces-share").click()
        await expect(viewer.page.get_by_test_id("own-screen")).to_have_count(0)
        await faces.get_by_test_id("faces-back").click()
        await until(lambda: closed(faces), bool, what="the window is closed")


async def closed(page: Page) -> bool:
    return page.is_closed()


async def test_a_hidden_tab_asks_for_no_pictures(lesson: Lesson, crowd: Crowd) -> None:
    viewer = await crowd.person("Учитель")
    audible, *silent = class_of(FEW)
    async with publishing(lesson, [audible | {"tone": TONE}, *silent]):
        await viewer.join(lesson.host_address, host=True, camera=False, microphone=False)
        await viewer.expect_colour("Ученик 00", FEW[0])
        await viewer.expect_tones([TONE])
        await hide(viewer, hidden=True)

        async def packets() -> float:
            before = (await viewer.rtp("inbound", "video"))["packetsReceived"]
            await viewer.page.wait_for_timeout(1000)
            return (await viewer.rtp("inbound", "video"))["packetsReceived"] - before

        await until(packets, lambda count: count == 0, what="no pictures come")
        await viewer.expect_tones([TONE])
        assert await viewer.page.locator("audio").evaluate_all(AUDIBLE)
        await hide(viewer, hidden=False)
        await until(
            lambda: viewer.colour("Ученик 00"),
            lambda seen: is_colour(seen, FEW[0]),
            what="they are back",
        )


async def hide(viewer: Person, *, hidden: bool) -> None:
    await viewer.page.evaluate(
        """hidden => {
            const looks = { hidden, visibilityState: hidden ? "hidden" : "visible" };
            for (const [name, value] of Object.entries(looks))
                Object.defineProperty(document, name, { value, configurable: true });
            document.dispatchEvent(new Event("visibilitychange")) }""",
        hidden,
    )
