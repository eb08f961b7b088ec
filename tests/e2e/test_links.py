"""A link that leads nowhere says why."""

import pytest
from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.running import Running


@pytest.mark.parametrize("code", ["not_found", "link_revoked", "link_expired"])
async def test_a_dead_link_says_why(
    code: str, running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    address = lesson.address
    if code == "not_found":
        address += "x"
    elif code == "link_revoked":
        lesson.revoke(lesson.participant_link)
    else:
        running.expire(lesson.participant_link)
    anya = await crowd.person("Аня")
    await anya.page.goto(address)
    failure = anya.page.get_by_test_id("failure")
    await expect(failure).to_have_attribute("data-code", code)
    assert len((await failure.get_by_role("heading").inner_text()).split()) > 1
    await expect(anya.page.get_by_test_id("prejoin-name")).to_have_count(0)


async def test_a_teacher_closes_the_link_in_the_call_and_makes_another(
    lesson: Lesson, crowd: Crowd
) -> None:
    teacher, anya = await crowd.person("Учитель"), await crowd.person("Аня")
    await teacher.join(lesson.host_address, camera=False, microphone=False, host=True)
    await anya.join(lesson.address, camera=False, microphone=False)
    await teacher.press("more")
    await teacher.press("invite")
    await teacher.press("invite-close")
    await expect(teacher.page.get_by_test_id("invite-link")).to_have_count(0)
    boris = await crowd.person("Борис")
    await boris.page.goto(lesson.address)
    failure = boris.page.get_by_test_id("failure")
    await expect(failure).to_have_attribute("data-code", "link_revoked")
    await teacher.press("invite-new")
    link = await teacher.page.get_by_test_id("invite-link").input_value()
    # It names the address for other machines.
    address = lesson.address.replace(lesson.participant_link, link.rpartition("/")[2])
    await boris.join(address, camera=False, microphone=False)
    await expect(boris.tile("Аня")).to_be_visible()


async def test_another_teacher_sees_what_became_of_the_link(lesson: Lesson, crowd: Crowd) -> None:
    first, second = await crowd.person("Учитель"), await crowd.person("Завуч")
    for teacher in (first, second):
        await teacher.join(lesson.host_address, camera=False, microphone=False, host=True)
        await teacher.press("more")
    await first.press("invite")
    await first.press("invite-close")
    await expect(first.page.get_by_test_id("invite-new")).to_be_visible()
    await second.press("invite")
    await expect(second.page.get_by_test_id("invite-new")).to_be_visible()
    await first.press("invite-new")
    link = await first.page.get_by_test_id("invite-link").input_value()
    # Seen also where the panel is open already.
    shown = second.page.get_by_test_id("invite-link")
    await expect(shown).to_have_value(link)


async def test_a_wrong_school_key_makes_no_lesson(running: Running, crowd: Crowd) -> None:
    teacher = await crowd.person("Учитель")
    await teacher.page.goto(f"{running.origin}/#key=AAAA-BBBB-CCCC-DDDD")
    await teacher.page.get_by_test_id("create-title").fill("Физика")
    await teacher.press("create-lesson")
    await expect(teacher.page.get_by_test_id("create-error")).to_be_visible()
    await expect(teacher.page.get_by_test_id("invite-link")).to_have_count(0)


async def test_the_key_is_taken_also_by_a_page_that_is_open(running: Running, crowd: Crowd) -> None:
    teacher = await crowd.person("Учитель")
    await teacher.page.goto(running.origin)
    await expect(teacher.page.get_by_test_id("lesson-key")).to_be_visible()
    await teacher.page.goto(f"{running.origin}/#key={running.school_key}")
    await expect(teacher.page.get_by_test_id("create-title")).to_be_visible()
    assert "key" not in teacher.page.url
