"""The whole way of a browser: link, grant, seat, offer, roster."""

from tests.signaling.conftest import School
from tests.signaling.fake_sfu import FakeSfu
from zvonok.wire.client import Answer, Media, Offer, Publish, SetMedia

OFFER = "v=0\r\nan offer"


async def test_two_browsers_meet(school: School, sfu: FakeSfu) -> None:
    lesson = await school.client.lesson()
    teacher = await school.client.come(lesson.host_link, "Ольга Семёнова")
    pupil = await school.client.come(lesson.participant_link, "Ёжик")
    assert teacher.welcome is not None
    assert teacher.welcome.role == "host"
    assert teacher.welcome.title == lesson.lesson.title
    assert teacher.welcome.invitation == lesson.participant_link
    assert pupil.welcome is not None
    assert pupil.welcome.role == "guest"
    assert pupil.welcome.invitation is None
    await teacher.until_people(2)
    await pupil.send(Offer(0, OFFER))
    assert await pupil.until(Answer) == Answer(0, "v=0\r\nanswer 0 of 1")
    assert await pupil.until(Publish) == Publish(camera=[], screen=False)
    await pupil.send(SetMedia(Media(camera=True)))
    await teacher.until_person(pupil.you, media=Media(camera=True))
    session = await sfu.session_of(pupil.you)
    await sfu.until(session, open=["camera"], moderator=False)
