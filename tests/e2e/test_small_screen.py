"""Everything is there on a phone 360 pixels wide."""

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import BLUE, GREEN, Look
from tests.e2e.person import Person
from tests.e2e.running import Running

PHONE = {"width": 360, "height": 740}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def expect_to_fit(person: Person) -> None:
    assert await person.page.evaluate(OVERFLOW) <= 0, f"{person.page.url} is too wide"


async def test_a_whole_lesson_on_a_phone(running: Running, lesson: Lesson, crowd: Crowd) -> None:
    phone = await crowd.person("Аня", Look(GREEN), viewport=PHONE, has_touch=True)
    boris = await crowd.person("Борис", Look(BLUE))
    await boris.join(lesson.address, microphone=False)
    await phone.page.goto(running.origin)
    await expect_to_fit(phone)
    await phone.page.get_by_test_id("open-link").fill(lesson.address)
    await phone.press("open-link-go")
    await phone.page.get_by_test_id("prejoin-name").wait_for()
    await expect_to_fit(phone)
    await phone.enter()
    await phone.expect_colour("Борис", BLUE)
    await boris.expect_colour("Аня", GREEN)
    await expect_to_fit(phone)
    for tool in ("microphone", "camera", "more", "leave"):
        await expect(phone.page.get_by_test_id(tool)).to_be_in_viewport(ratio=1)
    await phone.set("camera", False)
    await phone.set("microphone", False)
    await phone.press("more")
    await phone.press("participants")
    await expect(phone.page.get_by_test_id("person")).to_have_count(2)
    await expect_to_fit(phone)
    await phone.page.keyboard.press("Escape")
    await phone.press("leave")
    await expect(phone.page.get_by_test_id("end-left")).to_be_visible()
    await expect_to_fit(phone)
