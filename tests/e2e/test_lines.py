"""A viewer on a bad line, a publisher on a good one: the line bears what it is said to bear.

`python -m bench.lines` measures how good a call is on such lines.
"""

from bench.line.presets import GOOD, PRESETS
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import GREEN, Look
from tests.e2e.person import Person
from tests.e2e.reception import receive
from tests.e2e.relayed import relayed
from tests.e2e.running import Running

TEACHER = Look(GREEN, 900.0, width=1280, height=720, rate=20, noise=6)
SECONDS = 12.0


async def ports_of_the_server(person: Person) -> set[int]:
    """Those to which the page sends its media."""
    ports: list[int] = await person.page.evaluate(
        """async () => {
            const stats = [...(await window.zvonok.peer.getStats()).values()];
            const used = stats.filter((it) => it.type === "candidate-pair" && it.bytesSent > 0);
            return used.map((pair) => stats.find(({ id }) => id === pair.remoteCandidateId).port);
        }"""
    )
    return set(ports)


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
        assert await ports_of_the_server(boris) == {line.relay.datagrams[1]}
        assert await ports_of_the_server(anya) == {running.media}
        figures = line.summary(began, line.now)
    assert figures["down"]["capacity_kbit_s"] == 300
    assert figures["down"]["delivered"] > 0
    assert figures["down"]["share_of_line"] <= 1.05, "what was still under way, and no more"
    assert 0 < seen.kbit_s < 330
    # What he sends are his reports.
    assert 0 < figures["up"]["sent_kbit_s"] < 100
