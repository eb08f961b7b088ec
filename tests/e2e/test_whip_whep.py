"""An independent WebRTC stack, aiortc, publishes by WHIP and receives by WHEP."""

import json
from typing import Any

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import GREEN, is_colour
from tests.e2e.programs import program, python
from tests.e2e.publishing import publishing
from tests.e2e.waiting import until

CAMERA = {"name": "Камера", "colour": GREEN, "tone": 600.0, "rate": 15}


async def test_what_whip_publishes_whep_receives(lesson: Lesson) -> None:
    token = lesson.media_token("subscribe")
    async with (
        publishing(lesson, [CAMERA]),
        program(*python("tests.e2e.subscriber", lesson.whep, token)) as subscriber,
    ):

        async def senses() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(await subscriber.line())
            return found

        await until(
            senses,
            lambda now: is_colour(now["colour"], GREEN) and abs((now["tone"] or 0) - 600) < 20,
            what="colour and tone arrive",
        )


async def test_a_browser_sees_and_hears_who_publishes_by_whip(lesson: Lesson, crowd: Crowd) -> None:
    viewer = await crowd.person("Аня")
    async with publishing(lesson, [CAMERA]):
        await viewer.join(lesson.address, camera=False, microphone=False)
        await viewer.expect_colour("Камера", GREEN)
        await viewer.expect_tones([600.0])
