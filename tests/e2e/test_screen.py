"""A shared screen arrives whole, sharp, and with its sound."""

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import RED, Look
from tests.e2e.person import Person
from tests.e2e.waiting import until

SCREEN_SOUND = 3
"""The sound slot that carries it."""


async def sounds(person: Person) -> bool:
    """Whether anything was heard from the screen's slot just now."""
    return bool((await person.heard(1.5))[SCREEN_SOUND])


async def test_a_shared_screen_arrives_with_its_sound(lesson: Lesson, crowd: Crowd) -> None:
    teacher = await crowd.person("Учитель", Look(RED))
    anya = await crowd.person("Аня")
    await teacher.join(lesson.host_address, host=True, microphone=False)
    await anya.join(lesson.address, camera=False, microphone=False)
    await teacher.press("share")
    screen = anya.page.locator('[data-testid="tile"][data-kind="screen"]')
    await expect(screen).to_have_attribute("data-covered", "false")
    await expect(anya.page.get_by_test_id("stage")).to_have_attribute("data-mode", "presentation")
    shared = await teacher.page.evaluate(
        """() => { const s = window.zvonok.state.ownScreen.value.getVideoTracks()[0].getSettings();
            return [s.width, s.height] }"""
    )
    await until(
        lambda: anya.size(None, "screen"),
        lambda size: list(size) == shared,
        what=f"it is as sharp as it was sent: {shared}",
    )
    await until(lambda: sounds(anya), bool, what="its sound is heard")
    await teacher.press("share")
    await expect(screen).to_have_count(0)
    await until(lambda: sounds(anya), lambda on: not on, what="its sound has ended")


async def test_a_replaced_presenter_is_told_by_whom(lesson: Lesson, crowd: Crowd) -> None:
    teacher = await crowd.person("Учитель")
    anya = await crowd.person("Аня")
    await teacher.join(lesson.host_address, host=True, camera=False, microphone=False)
    await anya.join(lesson.address, camera=False, microphone=False)
    await anya.press("share")
    await teacher.page.locator('[data-testid="tile"][data-kind="screen"]').wait_for()
    await teacher.press("share")
    await teacher.press("replace-yes")
    told = anya.page.get_by_test_id("banner-screen_replaced")
    await expect(told).to_contain_text("теперь экран показывает Учитель")
    await expect(anya.page.get_by_test_id("share")).to_have_attribute("data-on", "false")
    # A moderator's screen stays, so nothing offers to replace it.
    await anya.press("share")
    await expect(anya.page.get_by_test_id("replace-window")).to_contain_text("Учитель")
    await expect(anya.page.get_by_test_id("replace-yes")).to_have_count(0)
