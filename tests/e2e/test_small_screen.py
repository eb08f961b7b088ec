"""Everything is there on a phone 360 pixels wide."""

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import BLUE, GREEN, Look
from tests.e2e.person import Person
from tests.e2e.running import Running

PHONE = {"width": 360, "height": 740}
WIDTHS = (360, 800, 1280)
FORBIDDEN = """() => {
    navigator.mediaDevices.getUserMedia =
        () => Promise.reject(new DOMException("", "NotAllowedError"))
}"""
"""From now on no device can be opened."""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def expect_to_fit(person: Person) -> None:
    assert await person.page.evaluate(OVERFLOW) <= 0, f"{person.page.url} is too wide"


async def expect_beside(person: Person, one: str, other: str) -> None:
    a, b = [await person.page.get_by_test_id(name).bounding_box() for name in (one, other)]
    assert a
    assert b
    beside = a["x"] + a["width"] <= b["x"] or a["y"] + a["height"] <= b["y"]
    assert beside, f"{one} {a} covers {other} {b}"


async def test_what_went_wrong_covers_no_picture_and_no_panel(lesson: Lesson, crowd: Crowd) -> None:
    anya = await crowd.person("Аня", Look(GREEN), viewport=PHONE, has_touch=True)
    await anya.join(lesson.address, camera=False)
    await anya.page.evaluate(FORBIDDEN)
    await anya.press("camera")
    await anya.page.get_by_test_id("banner-permission_denied").wait_for()
    for width in (*WIDTHS, 1920):
        await anya.page.set_viewport_size({"width": width, "height": 740})
        await expect_beside(anya, "banner-permission_denied", "tile")
    await anya.press("participants")
    for width in WIDTHS:
        await anya.page.set_viewport_size({"width": width, "height": 740})
        await expect_beside(anya, "banner-permission_denied", "people-panel")
        await expect(anya.page.get_by_test_id("people-search")).to_be_in_viewport(ratio=1)


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
