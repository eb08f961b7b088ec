"""What breaks is mended, and nobody loses his seat."""

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import BLUE, GREEN, Look
from tests.e2e.person import Person
from tests.e2e.running import Running
from tests.e2e.waiting import until

TONE = 700.0


async def meet(lesson: Lesson, crowd: Crowd, line: Line) -> tuple[Person, Person]:
    """Борис is on the line, Аня is not; both send and see each other."""
    boris = await crowd.person("Борис", Look(BLUE, TONE), script=line.script)
    anya = await crowd.person("Аня", Look(GREEN))
    await boris.join(line.address(lesson.address))
    await anya.join(lesson.address, microphone=False)
    await anya.expect_colour("Борис", BLUE)
    await boris.expect_colour("Аня", GREEN)
    return boris, anya


async def expect_flow(viewer: Person, name: str) -> None:
    """New pictures of somebody arrive and are shown."""

    async def time() -> float:
        moment: float = await viewer.tile(name).locator("video").evaluate("v => v.currentTime")
        return moment

    await expect(viewer.tile(name)).to_have_attribute("data-covered", "false", timeout=30_000)
    before = await time()
    await until(time, lambda now: now > before + 0.5, what=f"{name} moves")


async def test_a_cut_line_keeps_the_seat(running: Running, lesson: Lesson, crowd: Crowd) -> None:
    async with Line(running) as line:
        boris, anya = await meet(lesson, crowd, line)
        number = await boris.number()
        line.cut()
        await boris.expect_phase("reconnecting")
        await expect(anya.away("Борис")).to_be_visible(timeout=15_000)
        await boris.page.wait_for_timeout(3000)
        line.mend()
        await boris.expect_phase("connected")
        await expect(anya.away("Борис")).to_have_count(0)
        assert await boris.number() == number
        await expect_flow(anya, "Борис")
        await expect_flow(boris, "Аня")
        await anya.expect_colour("Борис", BLUE)
        await anya.expect_tones([TONE])
        await expect(anya.tile("Борис")).to_have_count(1)


async def test_a_broken_socket_alone_disturbs_no_media(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with Line(running) as line:
        boris, anya = await meet(lesson, crowd, line)
        number = await boris.number()
        peer = await boris.page.evaluate_handle("window.zvonok.peer")
        line.break_connections()
        await until(
            lambda: boris.page.evaluate("window.probe.socket.readyState"),
            lambda state: state != 1,
            what="the socket is noticed to be gone",
        )
        await until(
            lambda: boris.page.evaluate("window.probe.socket.readyState"),
            lambda state: state == 1,
            what="there is a new one",
        )
        await boris.expect_phase("connected")
        assert await boris.number() == number
        assert await boris.page.evaluate("peer => peer === window.zvonok.peer", peer)
        await expect_flow(anya, "Борис")


async def test_a_new_address_of_the_same_line_is_followed(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with Line(running) as line:
        boris, anya = await meet(lesson, crowd, line)
        line.change_address()
        await expect_flow(anya, "Борис")
        await expect_flow(boris, "Аня")


async def test_a_killed_media_server_comes_back(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with Line(running) as line:
        boris, anya = await meet(lesson, crowd, line)
        numbers = [await boris.number(), await anya.number()]
        running.kill("sfu")
        await until(
            lambda: anya.tile("Борис").get_attribute("data-covered"),
            lambda covered: covered == "true",
            seconds=40,
            what="the lost picture is not left standing",
        )
        await anya.expect_colour("Борис", BLUE, seconds=60)
        await boris.expect_colour("Аня", GREEN, seconds=30)
        await anya.expect_tones([TONE])
        assert [await boris.number(), await anya.number()] == numbers


async def test_a_killed_signaling_comes_back(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with Line(running) as line:
        boris, anya = await meet(lesson, crowd, line)
        numbers = [await boris.number(), await anya.number()]
        running.kill("signaling")
        await boris.expect_phase("reconnecting")
        await boris.expect_phase("connected", seconds=40)
        await anya.expect_phase("connected", seconds=40)
        assert [await boris.number(), await anya.number()] == numbers
        await expect_flow(anya, "Борис")
        await boris.set("microphone", False)
        await anya.expect_tones([])
        await boris.set("microphone", True)
        await anya.expect_tones([TONE])
