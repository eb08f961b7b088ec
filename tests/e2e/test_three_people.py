"""The heart of it: three people meet, and everybody sees and hears the others."""

from tests.e2e.crowd import Crowd
from tests.e2e.looks import BLUE, GREEN, RED, Look
from tests.e2e.running import Running

TEACHER, ANYA, BORIS = "Учитель", "Аня", "Борис"
COLOURS = {TEACHER: RED, ANYA: GREEN, BORIS: BLUE}
TONES = {TEACHER: 440.0, ANYA: 700.0, BORIS: 1100.0}


async def test_a_class_of_three_sees_and_hears_each_other(running: Running, crowd: Crowd) -> None:
    people = {name: await crowd.person(name, Look(COLOURS[name], TONES[name])) for name in COLOURS}
    teacher = people[TEACHER]
    await teacher.page.goto(f"{running.origin}/#key={running.school_key}")
    assert "key" not in teacher.page.url, "the key stays in the address bar"
    await teacher.page.get_by_test_id("create-title").fill("Физика 7А")
    await teacher.press("create-lesson")
    invitation = await teacher.page.get_by_test_id("invite-link").input_value()
    assert invitation.startswith("https://"), "others could not open the teacher's localhost"
    host_address = await teacher.page.get_by_test_id("enter-as-host").get_attribute("href")
    assert host_address
    await teacher.join(running.origin + host_address, host=True)
    for name in (ANYA, BORIS):
        await people[name].join(invitation)

    for person in people.values():
        for other, colour in COLOURS.items():
            if other != person.name:
                await person.expect_colour(other, colour)
    for person in people.values():
        await person.expect_tones([TONES[other] for other in TONES if other != person.name])
    titles = {await p.page.get_by_test_id("call-title").inner_text() for p in people.values()}
    assert titles == {"Физика 7А"}
