"""Off means off: at the server, not by the good will of a client."""

from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import BLUE, Look
from tests.e2e.person import Person
from tests.e2e.running import Running
from tests.e2e.waiting import until

TONE = 700.0
# What our client would not do: it says that the sources are off, and goes on sending.
SAY_ONLY = """media => window.probe.socket.send(JSON.stringify({
    type: "media", media: { microphone: false, camera: false, screen: false, screen_audio: false }
}))"""
QUIET_SECONDS = 2.0


async def packets(person: Person, direction: str, kind: str) -> float:
    totals = await person.rtp(direction, kind)
    return totals["packetsReceived" if direction == "inbound" else "packetsSent"]


async def test_a_client_that_goes_on_sending_is_not_forwarded(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    boris = await crowd.person("Борис", Look(BLUE, TONE))
    anya = await crowd.person("Аня")
    await boris.join(lesson.address)
    await anya.join(lesson.address, camera=False, microphone=False)
    await anya.expect_colour("Борис", BLUE)
    await anya.expect_tones([TONE])

    await boris.page.evaluate(SAY_ONLY)

    async def still_arrives() -> tuple[float, float]:
        before = [await packets(anya, "inbound", kind) for kind in ("audio", "video")]
        await anya.page.wait_for_timeout(QUIET_SECONDS * 1000)
        after = [await packets(anya, "inbound", kind) for kind in ("audio", "video")]
        return after[0] - before[0], after[1] - before[1]

    await until(still_arrives, lambda more: more == (0, 0), what="nothing arrives")
    sent = await packets(boris, "outbound", "audio")
    dropped = running.counters("sfu")["sfu_kernel_dropped_gate_total"]
    assert await still_arrives() == (0, 0)
    sent = await packets(boris, "outbound", "audio") - sent
    dropped = running.counters("sfu")["sfu_kernel_dropped_gate_total"] - dropped
    assert sent > 50, "he has stopped sending: the test proves nothing"
    assert dropped > 50
    assert await anya.tile("Борис").get_attribute("data-covered") == "true"


async def test_mute_and_unmute_are_seen_and_heard(lesson: Lesson, crowd: Crowd) -> None:
    boris = await crowd.person("Борис", Look(BLUE, TONE))
    anya = await crowd.person("Аня")
    await boris.join(lesson.address)
    await anya.join(lesson.address, camera=False, microphone=False)
    await anya.expect_tones([TONE])
    await boris.set("microphone", False)
    await anya.expect_tones([])
    await boris.set("microphone", True)
    await anya.expect_tones([TONE])


async def test_a_camera_that_is_off_leaves_the_initials(lesson: Lesson, crowd: Crowd) -> None:
    boris = await crowd.person("Борис", Look(BLUE))
    anya = await crowd.person("Аня")
    await boris.join(lesson.address, microphone=False)
    await anya.join(lesson.address, camera=False, microphone=False)
    await anya.expect_colour("Борис", BLUE)
    await boris.set("camera", False)
    await anya.expect_covered("Борис")
    await boris.set("camera", True)
    await anya.expect_colour("Борис", BLUE)
