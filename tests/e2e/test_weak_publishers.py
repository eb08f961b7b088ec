"""Who publishes over a weak line is asked for less, and for all again when the line is good."""

from typing import Any

from playwright.async_api import expect

from bench.line.presets import GOOD, PRESETS
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import GREEN, Look
from tests.e2e.person import Person
from tests.e2e.relayed import relayed
from tests.e2e.running import Running
from tests.e2e.waiting import until

TEACHER = Look(GREEN, 900.0, width=1280, height=720, rate=20, noise=6)
LARGE = {"width": 1600, "height": 1000}
FINDS_OUT = 90.0
"""Seconds. A browser needs some to find out what a line bears, and more on a busy machine."""


async def sent(publisher: Person) -> list[str]:
    """The layers of the camera that are on."""
    layers: dict[str, dict[str, Any]] = await publisher.layers()
    return sorted(rid for rid, layer in layers.items() if layer["active"])


async def sounds(person: Person) -> list[bool]:
    """Of the microphone and of the screen's sound: whether the encoding is on."""
    found: list[bool] = await person.page.evaluate(
        """() => window.zvonok.peer.getTransceivers()
          .filter((it) => it.direction === "sendonly" && it.receiver.track.kind === "audio")
          .map((it) => it.sender.getParameters().encodings[0].active)"""
    )
    return found


async def expect_picture(
    viewer: Person, publisher: Person, lines: set[int], layers: list[str]
) -> None:
    await until(
        lambda: sent(publisher),
        lambda found: found == layers,
        seconds=FINDS_OUT,
        what=f"{publisher.name} sends {layers}",
    )
    await until(
        lambda: viewer.size(publisher.name),
        lambda size: size[1] in lines,
        seconds=FINDS_OUT,
        what=f"{viewer.name} sees {lines} lines",
    )


async def test_a_weak_line_is_asked_for_one_smaller_layer_until_it_is_good_again(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with relayed(running, GOOD) as line:
        anya = await crowd.person("Аня", TEACHER, script=line.script)
        boris = await crowd.person("Борис", viewport=LARGE)
        await anya.join(line.address(lesson.address))
        await boris.join(lesson.address, camera=False, microphone=False)
        await expect_picture(boris, anya, {720}, ["f"])
        line.become(PRESETS["300kbit"])
        # Of 270 lines where not all of the larger ones get through.
        await expect_picture(boris, anya, {270, 360}, ["h"])
        line.become(GOOD)
        await expect_picture(boris, anya, {720}, ["f"])


async def test_a_line_for_sound_alone_stops_the_camera_until_it_is_better(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with relayed(running, GOOD) as line:
        anya = await crowd.person("Аня", TEACHER, script=line.script)
        boris = await crowd.person("Борис", viewport=LARGE)
        await anya.join(lesson.address)
        await boris.join(lesson.address, camera=False, microphone=False)
        await expect_picture(boris, anya, {720}, ["f"])
        line.become(PRESETS["100kbit"])
        await until(
            lambda: sent(anya),
            lambda found: found == [],
            seconds=FINDS_OUT,
            what="the camera is let go",
        )
        await boris.expect_covered("Аня")
        await expect(anya.tile("Аня").get_by_role("status")).to_contain_text("Вас слышно")
        await expect(boris.tile("Аня").locator(".tile-why")).to_contain_text("только звук")
        await boris.expect_tones([900.0])
        line.become(GOOD)
        await boris.expect_colour("Аня", GREEN, seconds=FINDS_OUT)


async def test_a_screen_that_is_not_shared_takes_nothing_for_its_sound(
    lesson: Lesson, crowd: Crowd
) -> None:
    anya = await crowd.person("Аня", Look(GREEN, 900.0))
    boris = await crowd.person("Борис")
    await anya.join(lesson.address)
    await boris.join(lesson.address, camera=False, microphone=False)
    await boris.expect_tones([900.0])
    assert await sounds(anya) == [True, False]
    assert await sounds(boris) == [False, False]
