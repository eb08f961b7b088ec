"""WHIP (RFC 9725) and WHEP over HTTP."""

import asyncio

import pytest

from signaling.call.seat import HOLD_SECONDS
from signaling.calls import Calls
from signaling.live_call import LiveCall
from signaling.store import Store
from tests.patience import PATIENCE
from tests.signaling.client import Client, Reply
from tests.signaling.conftest import School
from tests.signaling.fake_sfu import REFUSED, FakeSfu
from zvonok.wire import rest
from zvonok.wire.bus import ActualSession
from zvonok.wire.client import End, Ended, Media
from zvonok.wire.errors import ErrorBody

SDP = {"Content-Type": "application/sdp"}
SENDING = b"v=0\r\nm=audio 9 X 111\r\na=sendonly\r\nm=video 9 X 96\r\na=sendonly\r\n"
SOUND_ONLY = b"v=0\r\nm=audio 9 X 111\r\na=sendonly\r\nm=video 9 X 96\r\na=inactive\r\n"
RECEIVING = SENDING.replace(b"sendonly", b"recvonly")


class Studio:
    """A lesson with a token of each kind."""

    def __init__(self, client: Client, lesson: rest.LessonCreated, tokens: dict[str, str]) -> None:
        self.client = client
        self.lesson = lesson
        self.tokens = tokens

    async def post(
        self,
        path: str = "whip",
        token: str | None = "publish",
        data: bytes = SENDING,
        **headers: str,
    ) -> Reply:
        """`token`: one of the two kinds, or some other word."""
        return await self.client.ask(
            "POST",
            f"/api/{path}",
            data=data,
            headers={**SDP, **{name.replace("_", "-"): value for name, value in headers.items()}},
            bearer=self.tokens.get(token or "", token),
        )


@pytest.fixture
async def studio(school: School) -> Studio:
    lesson = await school.client.lesson()
    tokens = {
        "publish": await school.client.media_token(lesson.lesson.id, "publish", "Камера"),
        "subscribe": await school.client.media_token(lesson.lesson.id, "subscribe"),
    }
    return Studio(school.client, lesson, tokens)


async def test_a_publisher_appears_in_the_roster(studio: Studio, sfu: FakeSfu) -> None:
    viewer = await studio.client.come(studio.lesson.participant_link, "A")
    reply = await studio.post()
    assert reply.status == 201
    assert reply.headers["Content-Type"].startswith("application/sdp")
    assert reply.body == b"v=0\r\nanswer 0 of 1"
    assert reply.headers["ETag"].startswith('"')
    location = reply.headers["Location"]
    assert location.startswith(f"/api/whip/{studio.lesson.lesson.id}/")
    person = await viewer.until_person(2, media=Media(microphone=True, camera=True))
    assert (person.name, person.present) == ("Камера", True)
    session = await sfu.session_of(2)
    await sfu.until(session, open=["microphone", "camera"], view=[])
    assert sfu.offers[session] == SENDING.decode()
    reply = await studio.client.ask("DELETE", location, bearer=studio.tokens["publish"])
    assert reply.status == 200
    await viewer.until_people(1)
    await sfu.until_closed(session)
    reply = await studio.client.ask("DELETE", location, bearer=studio.tokens["publish"])
    assert (reply.status, reply.code) == (404, "not_found")


@pytest.mark.parametrize(("name", "shown"), [("", "WHIP"), ("Kамера", "Kамера")])
async def test_a_publisher_is_called_as_his_moderator_wishes(
    studio: Studio, sfu: FakeSfu, name: str, shown: str
) -> None:
    """With letters of several scripts, too: it is a thing of his own."""
    token = await studio.client.media_token(studio.lesson.lesson.id, "publish", name)
    viewer = await studio.client.come(studio.lesson.participant_link, "A")
    assert (await studio.post(token=token)).status == 201
    await viewer.until_person(2, name=shown)


async def test_what_is_not_sent_is_not_on(studio: Studio, sfu: FakeSfu) -> None:
    assert (await studio.post(data=SOUND_ONLY)).status == 201
    await sfu.until(await sfu.session_of(1), open=["microphone"])


async def test_a_viewer_is_not_shown_and_lets_the_server_choose(
    studio: Studio, sfu: FakeSfu
) -> None:
    reply = await studio.post("whep", "subscribe", RECEIVING)
    assert reply.status == 201
    await sfu.until(await sfu.session_of(1), view=None, open=[])
    browser = await studio.client.come(studio.lesson.participant_link, "A")
    assert (browser.total, len(browser.people)) == (1, 1)
    location = reply.headers["Location"]
    assert location.startswith("/api/whep/")
    reply = await studio.client.ask("DELETE", location, bearer=studio.tokens["subscribe"])
    assert reply.status == 200


async def test_a_publisher_that_comes_again_takes_its_own_place(
    studio: Studio, sfu: FakeSfu
) -> None:
    browser = await studio.client.come(studio.lesson.participant_link, "A")
    first = await studio.post()
    second = await studio.post()
    assert second.status == 201
    assert first.headers["Location"] != second.headers["Location"]
    await browser.until_person(3)
    assert sorted(await browser.until_people(2)) == [1, 3]


async def test_a_whole_class_watches_by_one_token(
    school: School, studio: Studio, sfu: FakeSfu
) -> None:
    """Nobody takes the place of another, and all may come at once."""
    watching = [studio.post("whep", "subscribe", RECEIVING) for _ in range(8)]
    with school.offset.standing_still():
        replies = await asyncio.gather(*watching)
    assert {reply.status for reply in replies} == {201}
    assert len({reply.headers["Location"] for reply in replies}) == 8
    engine = (await school.parts.calls.get(studio.lesson.lesson.id)).engine
    assert len(engine.seats) == 8


async def test_a_bad_second_offer_leaves_the_first_session(studio: Studio, sfu: FakeSfu) -> None:
    browser = await studio.client.come(studio.lesson.participant_link, "A")
    first = await studio.post()
    session = await sfu.session_of(2)
    refused = await studio.post(data=REFUSED.encode() + SENDING[3:])
    assert refused.status == 422
    assert session not in sfu.closed
    assert sorted(await browser.until_people(2)) == [1, 2]
    location = first.headers["Location"]
    reply = await studio.client.ask("DELETE", location, bearer=studio.tokens["publish"])
    assert reply.status == 200


async def test_of_two_requests_at_once_the_newer_gets_the_seat(
    studio: Studio, sfu: FakeSfu
) -> None:
    sfu.answering = False
    older = asyncio.create_task(studio.post())
    await sfu.session_of(1)
    sfu.answering = True
    assert (await studio.post()).status == 201
    reply = await older
    assert (reply.status, reply.code) == (409, "session_replaced")
    assert sorted(wanted.participant for wanted in sfu.wanted.values()) == [2]


@pytest.mark.parametrize(("path", "role"), [("whip", "publish"), ("whep", "subscribe")])
async def test_a_token_goes_with_the_link_it_was_made_by(
    school: School, studio: Studio, sfu: FakeSfu, path: str, role: rest.MediaRole
) -> None:
    lesson = studio.lesson
    host = await school.client.enter(lesson.host_link, "Host")
    token = await school.client.media_token(lesson.lesson.id, role, bearer=host)
    running = await studio.post(path, token)
    assert running.status == 201
    link = f"/api/lessons/{lesson.lesson.id}/links/{lesson.host_link}"
    await school.client.ask("DELETE", link, bearer=school.settings.school_key)
    reply = await studio.post(path, token)
    assert (reply.status, reply.code) == (410, "link_revoked")
    assert (await studio.post(path, role)).status == 201, "made with the key of the school"
    reply = await studio.client.ask("DELETE", running.headers["Location"], bearer=token)
    assert reply.status == 200, "what runs goes on, and its owner may end it"


async def test_a_link_revoked_while_its_call_is_looked_for_begins_no_session(
    school: School, studio: Studio, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that ran the call may have died: its lease is waited for."""
    lesson = studio.lesson
    host = await school.client.enter(lesson.host_link, "Host")
    token = await school.client.media_token(lesson.lesson.id, "publish", bearer=host)
    get = Calls.get

    async def slow(calls: Calls, lesson_id: str) -> LiveCall:
        link = f"/api/lessons/{lesson.lesson.id}/links/{lesson.host_link}"
        await school.client.ask("DELETE", link, bearer=school.settings.school_key)
        return await get(calls, lesson_id)

    monkeypatch.setattr(Calls, "get", slow)
    reply = await studio.post("whip", token)
    assert (reply.status, reply.code) == (410, "link_revoked")


async def test_a_call_that_ends_while_the_link_is_looked_up_begins_no_session(
    school: School, studio: Studio, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    lesson = studio.lesson
    host = await school.client.enter(lesson.host_link, "Host")
    token = await school.client.media_token(lesson.lesson.id, "publish", bearer=host)
    browser = await school.client.join(host)

    async def slow(_store: Store, _link: str) -> None:
        await browser.send(End())
        await browser.until(Ended)

    monkeypatch.setattr("signaling.whip.admitted", slow)
    reply = await studio.post("whip", token)
    assert (reply.status, reply.code) == (503, "unavailable")


async def test_a_dead_publisher_is_given_up(school: School, studio: Studio, sfu: FakeSfu) -> None:
    call = studio.lesson.lesson.id
    browser = await studio.client.come(studio.lesson.participant_link, "A")
    await studio.post()
    session = await sfu.session_of(2)
    await sfu.write(call, ActualSession(session=session, offer_id=0, answer="a", connected=True))
    engine = (await school.parts.calls.get(call)).engine
    async with asyncio.timeout(PATIENCE):
        while engine.people.presence[2].leaves_at is not None:
            await asyncio.sleep(0.01)
    await sfu.write(call, ActualSession(session=session, offer_id=0, answer="a"))
    await browser.until_person(2, present=False)
    school.offset.seconds += HOLD_SECONDS + 1
    await school.nudge(call)
    await browser.until_people(1)


async def test_the_media_servers_refusal_is_passed_on(studio: Studio, sfu: FakeSfu) -> None:
    sfu.refusal = ErrorBody("sdp_unusable", "no", {"reason": "codec"})
    reply = await studio.post(data=REFUSED.encode() + SENDING[3:])
    assert (reply.status, reply.code) == (422, "sdp_unusable")
    assert reply.json["error"]["details"] == {"reason": "codec"}
    browser = await studio.client.come(studio.lesson.participant_link, "A")
    assert browser.total == 1


async def test_a_stop_tells_those_who_wait_to_come_again(
    school: School, studio: Studio, sfu: FakeSfu
) -> None:
    sfu.answering = False
    waiting = asyncio.create_task(studio.post())
    session = await sfu.session_of(1)
    await school.parts.stop()
    for reply in (await waiting, await studio.post()):
        assert (reply.status, reply.code) == (503, "unavailable")
        assert int(reply.headers["Retry-After"]) >= 1
    await sfu.until_closed(session)


async def test_no_media_server_is_said_after_a_while(
    school: School, studio: Studio, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.whip.ANSWER_SECONDS", 0.1)
    sfu.answering = False
    reply = await studio.post()
    assert (reply.status, reply.code) == (503, "no_media_server")
    assert int(reply.headers["Retry-After"]) >= 1
    call = await school.parts.calls.get(studio.lesson.lesson.id)
    assert call.engine.seats == {}
    assert call._answers == {}, "nobody waits any more"
    async with asyncio.timeout(PATIENCE):
        while sfu.wanted:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "token", "status", "code"),
    [
        ("whip", None, 401, "no_token"),
        ("whip", "a.b.c", 401, "bad_token"),
        ("whip", "subscribe", 403, "forbidden"),
        ("whep", "publish", 403, "forbidden"),
    ],
)
async def test_wrong_tokens_are_refused(
    studio: Studio, path: str, token: str | None, status: int, code: str
) -> None:
    reply = await studio.post(path, token)
    assert (reply.status, reply.code) == (status, code)


async def test_tokens_end(school: School, studio: Studio) -> None:
    school.offset.seconds += 24 * 3600 + 1
    reply = await studio.post()
    assert (reply.status, reply.code) == (401, "token_expired")


@pytest.mark.parametrize(
    ("data", "headers", "status", "code"),
    [
        (SENDING, {"Content_Type": "application/json"}, 415, "wrong_type"),
        (SENDING, {"Accept": "text/html"}, 406, "not_acceptable"),
        (b"", {}, 422, "bad_offer"),
        (b"hello", {}, 422, "bad_offer"),
        (b"v=0\r\n", {}, 422, "bad_offer"),
        (b"v=0\xff\r\nm=audio", {}, 422, "bad_offer"),
        (SENDING + b"a" * 131072, {}, 413, "too_large"),
    ],
)
async def test_bad_offers_are_refused(
    studio: Studio, data: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    reply = await studio.post(data=data, **headers)
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(
    ("path", "token", "kind"), [("whip", "publish", "publisher"), ("whep", "subscribe", "viewer")]
)
@pytest.mark.parametrize("data", [SENDING, RECEIVING, SENDING + RECEIVING[5:]])
async def test_the_token_says_what_a_session_may_and_not_the_offer(
    studio: Studio, sfu: FakeSfu, path: str, token: str, kind: str, data: bytes
) -> None:
    assert (await studio.post(path, token, data)).status == 201
    session = await sfu.session_of(1)
    await sfu.until(session, kind=kind)
    assert sfu.offers[session] == data.decode()


@pytest.mark.parametrize("accept", ["application/sdp", "*/*", "text/plain, application/*;q=0.5"])
async def test_what_may_be_accepted(studio: Studio, sfu: FakeSfu, accept: str) -> None:
    assert (await studio.post(Accept=accept)).status == 201


async def test_options(studio: Studio, sfu: FakeSfu) -> None:
    """Before a page of another origin posts or ends a session, its browser asks here."""
    for path in ("whip", "whep"):
        reply = await studio.client.ask("OPTIONS", f"/api/{path}")
        assert (reply.status, reply.headers["Accept-Post"]) == (204, "application/sdp")
        assert reply.headers["Allow"] == "OPTIONS, POST"
        may_be_asked_from_elsewhere(reply, "POST")
    location = (await studio.post()).headers["Location"]
    reply = await studio.client.ask("OPTIONS", location)
    assert (reply.status, reply.headers["Allow"]) == (204, "DELETE, OPTIONS")
    may_be_asked_from_elsewhere(reply, "DELETE")


def may_be_asked_from_elsewhere(reply: Reply, method: str) -> None:
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert method in reply.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = reply.headers["Access-Control-Allow-Headers"].split(", ")
    assert {"Authorization", "Content-Type"} <= set(allowed)


async def test_pages_of_other_origins_read_replies_and_errors(studio: Studio, sfu: FakeSfu) -> None:
    taken = await studio.post(Origin="https://elsewhere.example")
    refused = await studio.post(data=b"", Origin="https://elsewhere.example")
    assert (taken.status, refused.status) == (201, 422)
    for reply in (taken, refused):
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        exposed = reply.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"Location", "ETag", "Link"} <= set(exposed)
    reply = await studio.client.ask("GET", f"/api/lessons/{studio.lesson.lesson.id}")
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize("method", ["GET", "PATCH", "PUT", "POST"])
async def test_what_is_not_there_is_said(studio: Studio, sfu: FakeSfu, method: str) -> None:
    location = (await studio.post()).headers["Location"]
    reply = await studio.client.ask(method, location, bearer=studio.tokens["publish"])
    assert (reply.status, reply.code) == (405, "method_not_allowed")
    assert set(reply.headers["Allow"].replace(" ", "").split(",")) == {"DELETE", "OPTIONS"}


async def test_a_full_media_server_may_have_room_later(studio: Studio, sfu: FakeSfu) -> None:
    sfu.refusal = ErrorBody("worker_full", "full")
    reply = await studio.post(data=REFUSED.encode() + SENDING[3:])
    assert (reply.status, reply.code) == (503, "worker_full")
    assert int(reply.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("path", "role", "other_role"),
    [("whip", "publish", "subscribe"), ("whep", "subscribe", "publish")],
)
async def test_a_stranger_cannot_end_a_session(
    school: School, studio: Studio, sfu: FakeSfu, path: str, role: rest.MediaRole, other_role: str
) -> None:
    location = (await studio.post(path, role)).headers["Location"]
    other = await school.client.lesson()
    stranger = await school.client.media_token(other.lesson.id, role)
    elsewhere = location.replace(studio.lesson.lesson.id, other.lesson.id)
    expected = [
        (None, location, 401),
        (studio.tokens[other_role], location, 403),
        (stranger, location, 404),
        (stranger, elsewhere, 404),
    ]
    for bearer, url, status in expected:
        refused = await school.client.ask("DELETE", url, bearer=bearer)
        assert (refused.status, bool(refused.code)) == (status, True)
    reply = await school.client.ask("DELETE", location, bearer=studio.tokens[role])
    assert reply.status == 200, "it runs until its owner ends it"


async def test_a_publisher_ends_only_what_he_began(
    school: School, studio: Studio, sfu: FakeSfu
) -> None:
    """In his own lesson, too, whatever ids he has heard of."""
    token = await school.client.media_token(studio.lesson.lesson.id, "publish")
    location = (await studio.post()).headers["Location"]
    await studio.post("whep", "subscribe")
    await school.client.come(studio.lesson.participant_link, "A")
    engine = (await school.parts.calls.get(studio.lesson.lesson.id)).engine
    for seat in engine.seats.values():
        url = f"/api/whip/{studio.lesson.lesson.id}/{seat.session}"
        reply = await school.client.ask("DELETE", url, bearer=token)
        assert (reply.status, reply.code) == (404, "not_found")
    assert len(engine.seats) == 3
    reply = await school.client.ask("DELETE", location, bearer=studio.tokens["publish"])
    assert reply.status == 200


async def test_an_ended_lesson_takes_no_media(school: School, studio: Studio) -> None:
    path = f"/api/lessons/{studio.lesson.lesson.id}/end"
    await school.client.ask("POST", path, bearer=school.settings.school_key)
    reply = await studio.post()
    assert (reply.status, reply.code) == (410, "call_ended")


async def test_a_publisher_offers_not_without_end(
    school: School, studio: Studio, sfu: FakeSfu
) -> None:
    with school.offset.standing_still():
        replies = [await studio.post() for _ in range(7)]
    assert [reply.status for reply in replies[:5]] == [201] * 5
    refused = replies[-1]
    assert (refused.status, refused.code) == (429, "rate_limited")
    assert int(refused.headers["Retry-After"]) >= 1
