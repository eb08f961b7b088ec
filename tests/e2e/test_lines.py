"""A viewer on a bad line, a publisher on a good one: the line bears what it is said to bear.

`python -m bench.lines` measures how good a call is on such lines.
"""

from bench.line.presets import GOOD, PRESETS
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import GREEN, Look
from tests.e2e.reception import receive
from tests.e2e.relayed import relayed
from tests.e2e.running import Running

TEACHER = Look(GREEN, 900.0, width=1280, height=720, rate=20, noise=6)
SECONDS = 12.0


async def test_only_the_viewer_is_behind_the_line(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with relayed(running, GOOD) as line:
        anya = await crowd.person("Аня", TEACHER)
        boris = await crowd.person("Борис", script=line.script)
        await anya.join(lesson.address)
        await boris.join(line.address(lesson.address), camera=False, microphone=False)
        await boris.expect_colour("Аня", GREEN)
        await boris.expect_tones([900.0])
        line.become(PRESETS["300kbit"])
        began = line.now
        seen = await receive(boris, "Аня", SECONDS)
        sent = await anya.rtp("outbound", "video")
        figures = line.summary(began, line.now)
    down, up = figures["down"], figures["up"]
    assert down["capacity_kbit_s"] == 300
    # All that he got came through it,
    assert 0 < seen.kbit_s < 330
    assert 0 < down["share_of_line"] <= 1.05
    # and none of what the publisher sent.
    assert up["sent_kbit_s"] < 100
    assert sent["bytesSent"] * 8 / 1000 > 300 * SECONDS
