"""Leaving, coming back, and the end of the lesson."""

from playwright.async_api import WebSocketRoute, expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import BLUE, Look
from tests.e2e.person import Person

A_QUESTION_THAT_STANDS = """
if (sessionStorage.getItem("asked") === null) {
  sessionStorage.setItem("asked", "once");
  navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined);
}
"""
"""The next page that is loaded never gets its devices, the one after it does."""


async def two(crowd: Crowd) -> tuple[Person, Person]:
    return await crowd.person("Борис", Look(BLUE)), await crowd.person("Аня")


async def meet(lesson: Lesson, people: tuple[Person, Person]) -> tuple[Person, Person]:
    """The second sees the first one's camera; nothing else is on."""
    boris, anya = people
    await anya.join(lesson.address, camera=False, microphone=False)
    await boris.join(lesson.address, microphone=False)
    await anya.expect_colour("Борис", BLUE)
    return people


async def in_another_tab(lesson: Lesson, crowd: Crowd, first: Person) -> Person:
    """He opens the link once more, in the same browser."""
    second = Person(await crowd.page(first.page.context), first.name)
    await second.page.goto(lesson.address)
    return second


async def expect_camera_alone(person: Person) -> None:
    for switch, on in (("camera", "true"), ("microphone", "false")):
        await expect(person.page.get_by_test_id(switch)).to_have_attribute("data-on", on)


async def expect_failure(person: Person, code: str) -> None:
    failure = person.page.get_by_test_id("failure")
    await expect(failure).to_have_attribute("data-code", code)


async def test_who_leaves_is_gone_for_the_others_and_may_come_back(
    lesson: Lesson, crowd: Crowd
) -> None:
    boris, anya = await meet(lesson, await two(crowd))
    await boris.press("leave")
    await expect(boris.page.get_by_test_id("end-left")).to_be_visible()
    await expect(anya.tile("Борис")).to_have_count(0)
    await boris.press("rejoin")
    await boris.enter(camera=True, microphone=False)
    await anya.expect_colour("Борис", BLUE)


async def test_who_leaves_while_nothing_gets_through_leaves_no_ghost(
    lesson: Lesson, crowd: Crowd
) -> None:
    """The socket is dead, but neither end knows; and the network is away."""
    boris, anya = await two(crowd)
    dead = False

    async def carry(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        route.on_message(lambda message: None if dead else server.send(message))
        route.on_close(lambda _code, _reason: None)

    await boris.page.route_web_socket("**/api/call", carry)
    await meet(lesson, (boris, anya))
    dead = True
    await boris.page.context.set_offline(True)
    await boris.press("leave")
    await expect(boris.page.get_by_test_id("end-left")).to_be_visible()
    await expect(anya.tile("Борис")).to_have_count(1)
    await boris.page.context.set_offline(False)
    await expect(anya.tile("Борис")).to_have_count(0)


async def test_a_reloaded_page_is_back_in_the_call_with_the_same_devices(
    lesson: Lesson, crowd: Crowd
) -> None:
    boris, anya = await meet(lesson, await two(crowd))
    number = await boris.number()
    await boris.page.reload()
    await boris.expect_phase("connected")
    assert await boris.number() == number
    await anya.expect_colour("Борис", BLUE)
    await expect(anya.tile("Борис")).to_have_count(1)
    await expect_camera_alone(boris)
    # Once more, and again before the browser has given the camera.
    await boris.page.add_init_script(A_QUESTION_THAT_STANDS)
    for _ in range(2):
        await boris.page.reload()
        await boris.expect_phase("connected")
    await expect_camera_alone(boris)
    await anya.expect_colour("Борис", BLUE)


async def test_another_tab_of_the_same_browser_takes_the_seat_over_after_asking(
    lesson: Lesson, crowd: Crowd
) -> None:
    boris, anya = await meet(lesson, await two(crowd))
    number = await boris.number()
    # Another tab asks first, and then the first one is out.
    second = await in_another_tab(lesson, crowd, boris)
    await expect(second.page.get_by_test_id("prejoin-elsewhere")).to_be_visible()
    await second.enter(microphone=False)
    await expect_failure(boris, "replaced")
    assert await second.number() == number


async def test_the_link_opened_again_after_a_tab_was_closed_is_the_same_person(
    lesson: Lesson, crowd: Crowd
) -> None:
    boris, anya = await meet(lesson, await two(crowd))
    number = await boris.number()
    second = await in_another_tab(lesson, crowd, boris)
    await second.enter(microphone=False)
    await expect_failure(boris, "replaced")
    await second.page.close()
    await expect(anya.tile("Борис")).to_have_count(0)
    third = await in_another_tab(lesson, crowd, boris)
    await third.enter(microphone=False)
    assert await third.number() == number
    await anya.expect_colour("Борис", BLUE)
    await expect(anya.tile("Борис")).to_have_count(1)


async def test_a_closed_tab_leaves_no_ghost(lesson: Lesson, crowd: Crowd) -> None:
    boris, anya = await meet(lesson, await two(crowd))
    await boris.page.close()
    await expect(anya.tile("Борис")).to_have_count(0)


async def test_pupils_are_told_that_the_last_teacher_has_closed_his_tab(
    lesson: Lesson, crowd: Crowd
) -> None:
    teacher, anya = await crowd.person("Учитель"), await crowd.person("Аня")
    await teacher.join(lesson.host_address, host=True, camera=False, microphone=False)
    await anya.join(lesson.address, camera=False, microphone=False)
    left = anya.page.get_by_test_id("banner-moderator_left")
    await expect(anya.tile("Учитель")).to_be_visible()
    await expect(left).to_have_count(0)
    await teacher.page.close()
    await expect(left).to_contain_text("Ведущий вышел")
    another = await crowd.person("Завуч")
    await another.join(lesson.host_address, host=True, camera=False, microphone=False)
    await expect(left).to_have_count(0)


async def test_the_end_for_all_is_the_end_for_all(lesson: Lesson, crowd: Crowd) -> None:
    teacher = await crowd.person("Учитель")
    anya = await crowd.person("Аня")
    await teacher.join(lesson.host_address, host=True, camera=False, microphone=False)
    await anya.join(lesson.address, camera=False, microphone=False)
    await teacher.press("leave")
    await teacher.press("leave-all")
    await teacher.press("end-yes")
    for person in (teacher, anya):
        await expect(person.page.get_by_test_id("end-ended")).to_be_visible(timeout=10_000)
    await anya.page.goto(lesson.address)
    await expect_failure(anya, "call_ended")
