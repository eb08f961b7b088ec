"""Firefox and Chromium in one call. Safari is not tested anywhere."""

import json
import shutil
from pathlib import Path
from typing import Any

from playwright.async_api import expect

from bench.line.presets import GOOD, PRESETS
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.line import Line
from tests.e2e.looks import BLUE, Look, is_colour
from tests.e2e.programs import program
from tests.e2e.relayed import relayed
from tests.e2e.running import Running
from tests.e2e.waiting import until
from zvonok.service.addresses import reachable_addresses

SCRIPT = Path(__file__).with_name("firefox.mjs")
LARGE = {"width": 1600, "height": 1000}
FINDS_OUT = 90.0
"""Seconds. Firefox needs some to find out what a line bears, and the page as many to notice."""
FLICKERING = """(() => {
    // Firefox's own fake camera is of one colour and costs next to nothing.
    const devices = navigator.mediaDevices;
    if (devices === undefined) return;
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
        const stream = await ask(wanted);
        if (!wanted.video) return stream;
        for (const track of stream.getVideoTracks()) stream.removeTrack(track);
        const noise = new OffscreenCanvas(1600, 900);
        const dots = noise.getContext("2d");
        const pixels = dots.createImageData(1600, 900);
        for (let at = 0; at < pixels.data.length; at += 4) {
            pixels.data.set([80 + 120 * Math.random(), 120, 60, 255], at);
        }
        dots.putImageData(pixels, 0, 0);
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [1280, 720];
        const pencil = canvas.getContext("2d");
        const draw = () => pencil.drawImage(noise, -320 * Math.random(), -180 * Math.random());
        setInterval(draw, 66);
        stream.addTrack(canvas.captureStream(15).getVideoTracks()[0]);
        return stream;
    };
})()"""


async def test_firefox_sees_hears_and_is_seen_and_heard(lesson: Lesson, crowd: Crowd) -> None:
    node = shutil.which("node")
    assert node, "there is no Node.js: run tools/setup.sh test"
    boris = await crowd.person("Борис", Look(BLUE, 700.0))
    await boris.join(lesson.address)
    async with program(node, str(SCRIPT), lesson.address, "Лиса", "Борис") as firefox:

        async def senses() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(await firefox.line(60))
            return found

        await until(
            senses,
            lambda now: is_colour(now["colour"], BLUE) and now["energy"] > 0,
            seconds=40,
            what="Firefox sees and hears Chromium",
        )
        tile = boris.tile("Лиса")
        await expect(tile).to_have_attribute("data-covered", "false")
        # Firefox's fake camera changes its colour, its microphone is a steady tone.
        first = await boris.colour("Лиса")
        await until(
            lambda: boris.colour("Лиса"),
            lambda seen: seen is not None and seen != first,
            what="the picture moves",
        )
        await until(boris.heard, lambda slots: any(slots[:3]), what="Firefox is heard")
    await expect(boris.tile("Лиса")).to_have_count(0)


async def test_firefox_goes_on_behind_a_router_that_forgot_its_port(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    """Its checks come every five seconds and never nominate; its media does not wait for them."""
    node = shutil.which("node")
    assert node, "there is no Node.js: run tools/setup.sh test"
    boris = await crowd.person("Борис", Look(BLUE, 700.0))
    await boris.join(lesson.address)
    async with Line(running, host=reachable_addresses(())[0]) as line:
        address = line.address(lesson.address)
        async with program(node, str(SCRIPT), address, "Лиса", "Борис", line.script) as firefox:

            async def energy() -> float:
                found: float = json.loads(await firefox.line(60))["energy"]
                return found

            await until(energy, lambda now: now > 0, seconds=40, what="Firefox hears Chromium")
            await expect(boris.tile("Лиса")).to_have_attribute("data-covered", "false")
            moved = running.counters("sfu").get("sfu_kernel_paths_moved_total", 0.0)
            line.change_address()
            # What is in its buffers is played to the end.
            for _ in range(5):
                before = await energy()
            await until(
                energy,
                lambda now: now > before,
                what="Firefox hears Chromium at its new port",
            )
            frozen = await boris.colour("Лиса")
            await until(
                lambda: boris.colour("Лиса"),
                lambda seen: seen is not None and seen != frozen,
                what="Firefox's picture moves again",
            )
            assert running.counters("sfu")["sfu_kernel_paths_moved_total"] > moved


async def test_firefox_sends_smaller_pictures_over_a_narrow_line(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    """It does not say what it thinks it can send: that is guessed from what it sends."""
    node = shutil.which("node")
    assert node, "there is no Node.js: run tools/setup.sh test"
    boris = await crowd.person("Борис", viewport=LARGE)
    await boris.join(lesson.address, camera=False)
    async with relayed(running, GOOD, host=reachable_addresses(())[0]) as line:
        address = line.address(lesson.address)
        script = f"{line.script};{FLICKERING}"
        async with program(node, str(SCRIPT), address, "Лиса", "Борис", script) as firefox:
            await firefox.line(60)
            await until(
                lambda: boris.size("Лиса"),
                lambda size: size[1] == 720,
                seconds=FINDS_OUT,
                what="Firefox sends large pictures",
            )
            line.become(PRESETS["300kbit"])
            await until(
                lambda: boris.size("Лиса"),
                lambda size: 0 < size[1] <= 360,
                seconds=FINDS_OUT,
                what="Firefox sends smaller ones",
            )
