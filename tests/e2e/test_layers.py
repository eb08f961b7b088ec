"""Whoever is shown large is shown sharp."""

from typing import Any

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import GREEN, Look
from tests.e2e.waiting import until

NOISY = Look(GREEN, width=1280, height=720, rate=10, noise=10)


async def test_the_top_layer_arrives_within_ten_seconds(lesson: Lesson, crowd: Crowd) -> None:
    anya = await crowd.person("Аня", NOISY)
    viewer = await crowd.person("Учитель", viewport={"width": 1600, "height": 1000})
    await anya.join(lesson.address, microphone=False)
    await viewer.join(lesson.host_address, host=True, camera=False, microphone=False)
    await viewer.expect_colour("Аня", GREEN)
    await until(
        lambda: viewer.size("Аня"),
        lambda size: size == (NOISY.width, NOISY.height),
        seconds=10,
        what="the picture has its full size",
    )


async def test_layers_that_nobody_shows_are_not_sent(lesson: Lesson, crowd: Crowd) -> None:
    anya = await crowd.person("Аня", NOISY)
    viewer = await crowd.person("Борис", viewport={"width": 360, "height": 640})
    await anya.join(lesson.address, microphone=False)
    await viewer.join(lesson.address, camera=False, microphone=False)
    await viewer.expect_colour("Аня", GREEN)

    def active(layers: dict[str, dict[str, Any]]) -> list[str]:
        return sorted(rid for rid, layer in layers.items() if layer["active"])

    few = await until(
        anya.layers, lambda layers: len(active(layers)) == 1, what="one layer is left"
    )
    assert active(few) != ["f"]
    await viewer.press("leave")
    await until(anya.layers, lambda layers: not active(layers), what="none is left")
