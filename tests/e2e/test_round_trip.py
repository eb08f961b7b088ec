"""Who knows how far it is: the server by reports, a browser that only listens by our answers."""

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import BLUE, Look
from tests.e2e.running import Running
from tests.e2e.waiting import until

MEASURED = """async () => {
    let most = 0;
    for (const stat of (await window.zvonok.peer.getStats()).values()) {
        if (stat.type === "remote-outbound-rtp") {
            most = Math.max(most, stat.roundTripTimeMeasurements ?? 0);
        }
    }
    return most;
}"""


async def test_all_ends_know_the_round_trip(running: Running, lesson: Lesson, crowd: Crowd) -> None:
    async def counted(name: str) -> float:
        return running.counters("sfu")[f"sfu_kernel_round_trips_{name}_total"]

    before = await counted("answered")
    boris = await crowd.person("Борис", Look(BLUE, 700.0))
    await boris.join(lesson.address)

    async def answered() -> float:
        return await counted("answered") - before

    await until(answered, lambda more: more > 0, what="who is sent nothing answers")
    before_reports = await counted("reported")
    anya = await crowd.person("Аня")
    await anya.join(lesson.address, camera=False, microphone=False)
    await anya.expect_colour("Борис", BLUE)

    async def reported() -> float:
        return await counted("reported") - before_reports

    await until(reported, lambda more: more > 0, what="who is sent something reports")

    async def measured() -> int:
        return int(await anya.page.evaluate(MEASURED))

    await until(measured, lambda times: times > 0, what="who sends nothing is answered")
