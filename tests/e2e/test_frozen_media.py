"""Media that stop while checks and signaling go on: noticed where they are due, and only there."""

import asyncio
from typing import Any

from playwright.async_api import expect

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import BLUE, Look
from tests.e2e.person import Person
from tests.e2e.running import Running
from tests.e2e.waiting import until

TONE = 700.0
QUIET_SECONDS = 8.0
"""Longer than every patience of the client that ends in doing something about it."""
STARVED_SECONDS = 1.5
"""After it is frozen. A picture that is missing for 5 s is worth one offer."""
PHASES = """async seconds => {
    const call = document.querySelector('[data-testid="call"]'), seen = new Set();
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
        seen.add(call.dataset.phase);
        await new Promise(done => setTimeout(done, 100));
    }
    return [...seen];
}"""
QUALITIES = """async seconds => {
    const { people, quality } = window.zvonok.state, seen = new Set();
    for (const end = performance.now() + seconds * 1000; performance.now() < end; ) {
        for (const each of [quality, ...people.value]) seen.add(each.quality ?? each.value);
        await new Promise(done => setTimeout(done, 100));
    }
    return [...seen];
}"""
# The camera stays on by what the roster says, as a phone's that lies in a pocket.
SEND_NOTHING = """() => Promise.all(
    window.zvonok.peer.getSenders().map(sender => sender.replaceTrack(null)))"""

CAMERA = "window.zvonok.peer.getSenders()[1]"
# As when the system lends the camera to another program, or the telephone sleeps.
FALL_SILENT = f"""async () => {{
    window.silent = {CAMERA}.track;
    await {CAMERA}.replaceTrack(null);
    window.silent.dispatchEvent(new Event("mute"));
}}"""
GIVE_AGAIN = f"""async () => {{
    await {CAMERA}.replaceTrack(window.silent);
    window.silent.dispatchEvent(new Event("unmute"));
}}"""


async def connection(person: Person) -> Any:
    """Another one after every repair of the way of the media."""
    return await person.page.evaluate(
        "window.zvonok.peer.localDescription.sdp.match(/a=ice-ufrag:(.*)/)[1]"
    )


async def seen(lesson: Lesson, crowd: Crowd) -> tuple[Person, Person]:
    """Somebody with his camera alone, and the one who sees him and sends nothing."""
    boris = await crowd.person("Борис", Look(BLUE))
    anya = await crowd.person("Аня")
    await boris.join(lesson.address, microphone=False)
    await anya.join(lesson.address, camera=False, microphone=False)
    await anya.expect_colour("Борис", BLUE)
    return boris, anya


async def test_media_that_no_longer_get_through_come_another_way(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    """Also to somebody who sends nothing and to whom nobody is shown."""
    async with Line(running) as line:
        boris = await crowd.person("Борис", Look(BLUE, TONE))
        anya = await crowd.person("Аня", script=line.script)
        await boris.join(lesson.address, camera=False)
        await anya.join(line.address(lesson.address), camera=False, microphone=False)
        await anya.expect_tones([TONE])
        before = await connection(anya)
        line.lose_media()

        async def repaired() -> bool:
            return bool(await connection(anya) != before)

        await until(repaired, bool, what="ICE restarts")
        assert line.lost > 0
        await anya.expect_tones([TONE])
        await anya.expect_phase("connected")


async def test_a_silent_call_is_left_alone(lesson: Lesson, crowd: Crowd) -> None:
    boris, anya = await seen(lesson, crowd)
    await boris.page.evaluate(SEND_NOTHING)
    tile = anya.tile("Борис")
    await expect(tile).to_have_attribute("data-frozen", "true")
    assert await anya.page.evaluate(PHASES, STARVED_SECONDS) == ["connected"]
    await expect(tile.locator("video")).to_have_css("filter", "grayscale(0.85) brightness(0.5)")
    await expect(tile.locator(".mic-mark")).to_have_css("filter", "grayscale(1)")
    await boris.set("camera", False)
    # From now on no picture is missing, so nothing more can follow from that.
    await anya.expect_covered("Борис")
    before = [await connection(boris), await connection(anya)]
    assert await anya.page.evaluate(PHASES, QUIET_SECONDS) == ["connected"]
    assert [await connection(boris), await connection(anya)] == before


async def test_a_camera_that_gives_no_picture_costs_its_viewers_nothing(
    lesson: Lesson, crowd: Crowd
) -> None:
    boris, anya = await seen(lesson, crowd)
    before = await connection(anya)
    await boris.page.evaluate(FALL_SILENT)
    await expect(boris.page.get_by_test_id("banner-device_silent")).to_be_visible()
    await anya.expect_covered("Борис")
    assert await anya.page.evaluate(PHASES, QUIET_SECONDS) == ["connected"]
    assert await connection(anya) == before
    await boris.page.evaluate(GIVE_AGAIN)
    await anya.expect_colour("Борис", BLUE)
    await expect(boris.page.get_by_test_id("banner-device_silent")).to_have_count(0)


async def test_who_sends_nothing_has_no_bad_line_for_that(lesson: Lesson, crowd: Crowd) -> None:
    people = [await crowd.person(name) for name in ("Аня", "Борис", "Вера")]
    for person in people:
        await person.join(lesson.address, camera=False, microphone=False)
    looks = (person.page.evaluate(QUALITIES, QUIET_SECONDS) for person in people)
    assert await asyncio.gather(*looks) == [["good"]] * len(people)
