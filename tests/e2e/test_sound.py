"""Sound over lines that lose packets: what gets lost comes once more with later sound."""

from bench.line.presets import PRESETS
from tests.e2e.crowd import Crowd
from tests.e2e.lesson import Lesson
from tests.e2e.looks import GREEN, Look
from tests.e2e.person import Person
from tests.e2e.reception import receive
from tests.e2e.relayed import relayed
from tests.e2e.running import Running
from tests.e2e.waiting import until

SPEAKER = Look(GREEN, 900.0)
SETTLED = 8.0
SECONDS = 25.0

NEGOTIATED = """() => {
    const said = (sdp) => sdp.split(/^(?=m=)/m).slice(1).map((section) => ({
        red: /^a=rtpmap:\\d+ red\\/48000/m.test(section),
        nack: /^a=rtcp-fb:111 nack/m.test(section),
        fec: /useinbandfec=1/.test(section),
        dtx: /usedtx=1/.test(section),
    }));
    const { localDescription: offer, remoteDescription: answer } = window.zvonok.peer ?? {};
    return { offer: said(offer?.sdp ?? ""), answer: said(answer?.sdp ?? "") };
}"""


async def negotiated(person: Person) -> dict[str, list[dict[str, bool]]]:
    found: dict[str, list[dict[str, bool]]] = await person.page.evaluate(NEGOTIATED)
    return found


async def test_what_is_negotiated_of_sound(lesson: Lesson, crowd: Crowd) -> None:
    anya = await crowd.person("Аня", SPEAKER)
    await anya.join(lesson.address)
    found = await until(
        lambda: negotiated(anya), lambda now: bool(now["answer"]), what="the offer is answered"
    )
    microphone, *speakers = ([found[who][n] for who in ("offer", "answer")] for n in (0, 4, 5, 6))
    assert all(side["fec"] and side["red"] for side in microphone)
    assert microphone[1]["dtx"], "we ask for it"
    assert not any(side["nack"] for side in microphone)
    for slot in speakers:
        assert all(side["fec"] and side["red"] and side["nack"] for side in slot)


async def test_of_sound_that_a_line_loses_little_is_missing(
    running: Running, lesson: Lesson, crowd: Crowd
) -> None:
    async with relayed(running, PRESETS["loss5"]) as line:
        anya = await crowd.person("Аня", SPEAKER)
        boris = await crowd.person("Борис", script=line.script)
        await anya.join(lesson.address)
        await boris.join(line.address(lesson.address), camera=False, microphone=False)
        await boris.expect_tones([900.0])
        # Loss is known by his reports, one a second.
        await receive(boris, "Аня", SETTLED)
        seen = await receive(boris, "Аня", SECONDS)
    assert seen.lost > 0.03, seen
    assert seen.concealed < seen.lost / 4, seen
