"""One press spares a weak line: what is asked, what comes, and that it is remembered."""

import json
from dataclasses import replace
from typing import Any

import pytest
from playwright.async_api import expect

from bench.line.presets import PRESETS
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import BLUE, GREEN, RED, Look
from tests.e2e.person import Person
from tests.e2e.relayed import relayed
from tests.e2e.running import Running
from tests.e2e.waiting import until

TALKING = Look(GREEN, width=1280, height=720, rate=20, noise=3)
NOISY = Look(GREEN, width=1280, height=720, rate=15, noise=10)
TEACHER = 180
"""Lines of the teacher's picture, at the most."""
NARROW = 90
"""kbit/s of a line of 100: who speaks costs up to a tenth more than beeps with pauses."""


def listen(person: Person) -> list[Any]:
    """The views that the page asks the server for, as they come."""
    views: list[Any] = []

    def sent(text: str | bytes) -> None:
        if isinstance(text, bytes):
            return  # What is deflated is an offer.
        message = json.loads(text)
        if message["type"] == "view":
            views.append(message["tiles"])

    person.page.on("websocket", lambda socket: socket.on("framesent", sent))
    return views


async def traffic(person: Person, seconds: float) -> dict[str, float]:
    """kbit/s of the whole transport, by direction, without IP and UDP headers."""

    async def counted() -> dict[str, float]:
        found: dict[str, float] = await person.page.evaluate(
            """async () => {
                for (const stats of (await window.zvonok.peer.getStats()).values())
                    if (stats.type === "transport")
                        return {at: stats.timestamp, in: stats.bytesReceived, out: stats.bytesSent};
            }"""
        )
        return found

    before = await counted()
    await person.page.wait_for_timeout(seconds * 1000)
    after = await counted()
    passed = after["at"] - before["at"]
    return {way: (after[way] - before[way]) * 8 / passed for way in ("in", "out")}


async def test_only_the_teacher_is_asked_for_and_comes_small(lesson: Lesson, crowd: Crowd) -> None:
    teacher = await crowd.person("Мария Ивановна", NOISY)
    boris = await crowd.person("Борис", Look(BLUE, 700.0))
    anya = await crowd.person("Аня", Look(RED, 900.0))
    views = listen(anya)
    # If two talked, the teacher's picture would give way.
    await teacher.join(lesson.host_address, host=True)
    await boris.join(lesson.address, microphone=False)
    await anya.join(lesson.address, microphone=False)
    await anya.expect_colour("Борис", BLUE)
    await until(
        lambda: anya.size("Мария Ивановна"),
        lambda size: size[1] > TEACHER,
        what="the teacher is large",
    )
    await anya.press("weak-internet")
    await expect(anya.page.get_by_test_id("camera")).to_have_attribute("data-on", "false")
    await anya.expect_covered("Борис")
    spared = anya.tile("Борис").locator(".tile-why")
    await expect(spared).to_have_text("не показываем: слабый интернет")
    number = await teacher.number()
    assert [(tile["participant"], tile["height"], tile["frames"]) for tile in views[-1]] == [
        (number, TEACHER, "few")
    ]
    await until(
        lambda: anya.size("Мария Ивановна"),
        lambda size: 0 < size[1] <= TEACHER,
        what="the teacher is small",
    )
    await anya.expect_tones([500.0])
    await anya.press("weak-internet")
    await anya.expect_colour("Борис", BLUE)
    await expect(anya.page.get_by_test_id("camera")).to_have_attribute("data-on", "false")


async def test_it_is_remembered_and_begins_before_the_call(lesson: Lesson, crowd: Crowd) -> None:
    boris = await crowd.person("Борис", Look(BLUE))
    anya = await crowd.person("Аня", Look(RED))
    views = listen(anya)
    await boris.join(lesson.address)
    await anya.page.goto(lesson.address)
    await anya.page.get_by_test_id("prejoin-weak-internet").check()
    await anya.page.goto(lesson.address)
    await expect(anya.page.get_by_test_id("prejoin-weak-internet")).to_be_checked()
    await anya.enter(camera=False)
    await expect(anya.tile("Борис").locator(".tile-why")).to_be_visible()
    assert views
    assert not any(views)
    views.clear()
    await anya.page.reload()
    await anya.expect_phase("connected")
    await expect(anya.page.get_by_test_id("weak-internet")).to_have_attribute("data-on", "true")
    await expect(anya.tile("Борис").locator(".tile-why")).to_be_visible()
    assert views
    assert not any(views)
    await anya.press("weak-internet")
    await anya.expect_colour("Борис", BLUE)
    assert [tile["participant"] for tile in views[-1]] == [await boris.number()]


@pytest.mark.parametrize("talks", [False, True], ids=["teacher talks", "own talk"])
async def test_without_a_shared_screen_it_fits_into_100_kbit(
    talks: bool, lesson: Lesson, crowd: Crowd
) -> None:
    teacher = await crowd.person("Мария Ивановна", TALKING)
    boris = await crowd.person("Борис", Look(BLUE, 700.0))
    anya = await crowd.person("Аня", Look(RED, 900.0))
    await teacher.join(lesson.host_address, host=True, microphone=not talks)
    await boris.join(lesson.address, microphone=False)
    await anya.join(lesson.address, microphone=talks)
    await anya.expect_colour("Борис", BLUE)
    await anya.press("weak-internet")
    await anya.expect_covered("Борис")
    await anya.page.wait_for_timeout(6000)
    found = await traffic(anya, 10)
    assert found["in"] + found["out"] < NARROW, found
    if not talks:
        return
    # A second one talks, too: the teacher's picture gives way, and comes back.
    await boris.press("microphone")
    await anya.expect_covered("Мария Ивановна")
    await anya.page.wait_for_timeout(1000)
    found = await traffic(anya, 6)
    assert found["in"] + found["out"] < NARROW, found
    await boris.press("microphone")
    await anya.expect_colour("Мария Ивановна", GREEN)


async def test_it_is_offered_on_a_line_that_stays_weak(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    teacher = await crowd.person("Мария Ивановна", NOISY)
    boris = await crowd.person("Борис", replace(NOISY, colour=BLUE, tone=700.0))
    await teacher.join(lesson.host_address, host=True)
    await boris.join(lesson.address)
    async with relayed(running, PRESETS["300kbit"]) as line:
        anya = await crowd.person("Аня", script=line.script)
        await anya.join(lesson.address, camera=False, microphone=False)
        stage = anya.page.get_by_test_id("stage")
        before = await stage.bounding_box()
        offer = anya.page.get_by_test_id("banner-weak_offer")
        await expect(offer).to_be_visible(timeout=60_000)
        assert await stage.bounding_box() == before, "pictures stay where they are"
        held_back = await anya.page.evaluate("window.zvonok.state.bottleneck.value.kind")
        assert held_back in ("download", "line")
        await anya.press("weak_offer-no")
        await anya.page.wait_for_timeout(20_000)
        await expect(offer).not_to_be_visible()
        assert await anya.page.evaluate("window.zvonok.state.weakInternet.value") is False
