"""Lessons and links over HTTP: who may do what, and what is refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from signaling.lessons import KEY_GUESSES, NEW_LESSONS
from signaling.store import Store
from tests.signaling.client import Client, Reply
from tests.signaling.conftest import School
from zvonok.wire import rest
from zvonok.wire.client import Ended

HOUR = 3600
DAY = 24 * HOUR


@pytest.fixture
def client(school: School) -> Client:
    return school.client


def key(school: School) -> str:
    return school.settings.school_key


async def make_link(school: School, lesson: str, **wishes: Any) -> rest.Link:
    path = f"/api/lessons/{lesson}/links"
    reply = await school.client.ask("POST", path, wishes, bearer=key(school))
    assert reply.status == 201, reply.body
    return msgspec.json.decode(reply.body, type=rest.Link)


async def look_up(school: School, token: str) -> str:
    """The error's code, or the role."""
    reply = await school.client.ask("GET", f"/api/links/{token}")
    return str(reply.json["role"]) if reply.status == 200 else f"{reply.status} {reply.code}"


# ── creating ──


async def test_whoever_has_the_key_creates_lessons(school: School) -> None:
    created = await school.client.lesson("  Алгебра,   9б ")
    assert created.lesson.title == "Алгебра, 9б"
    assert created.lesson.state == "open"
    assert len(created.host_link) == len(created.participant_link) == 22
    assert await look_up(school, created.host_link) == "host"
    assert await look_up(school, created.participant_link) == "participant"


async def test_nobody_else_does(school: School, client: Client) -> None:
    lesson = await client.lesson()
    host = await client.enter(lesson.host_link, "A")
    body = rest.NewLesson("A")
    for bearer, code in ((None, "no_token"), ("wrong", "bad_key"), (host, "bad_key")):
        reply = await client.ask("POST", "/api/lessons", body, bearer=bearer)
        assert (reply.status, reply.code) == (401, code)
        assert reply.headers["WWW-Authenticate"] == "Bearer"
    basic = {"Authorization": f"Basic {key(school)}"}
    assert (await client.ask("POST", "/api/lessons", body, headers=basic)).status == 401


async def test_a_key_that_is_no_text_is_a_wrong_key(school: School) -> None:
    reader, writer = await asyncio.open_unix_connection(school.settings.socket("signaling-1"))
    writer.write(
        b"POST /api/lessons HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n"
        b"Connection: close\r\nContent-Length: 0\r\n\r\n"
    )
    assert (await reader.readline()).split()[1] == b"401"
    writer.close()
    await writer.wait_closed()


async def test_a_compressed_body_is_refused_unread(client: Client) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    lesson = await client.lesson()
    path = f"/api/links/{lesson.participant_link}/enter"
    reply = await client.ask("POST", path, data=b"no gzip", headers=headers)
    assert (reply.status, reply.code) == (415, "wrong_type")


async def test_guessing_the_key_is_slowed_down(school: School, client: Client) -> None:
    body = rest.NewLesson("A")
    here = {"X-Forwarded-For": "192.0.2.7"}
    with school.offset.standing_still():
        for _ in range(int(KEY_GUESSES[0].burst)):
            reply = await client.ask("POST", "/api/lessons", body, bearer="wrong", headers=here)
            assert reply.status == 401
        reply = await client.ask("POST", "/api/lessons", body, bearer="wrong", headers=here)
    assert (reply.status, reply.code) == (429, "rate_limited")
    assert reply.json["error"]["details"]["retry_after"] > 0
    assert int(reply.headers["Retry-After"]) >= 1
    reply = await client.ask("POST", "/api/lessons", body, bearer=key(school), headers=here)
    assert reply.status == 201, "the right key is answered, whoever shares its address"
    school.offset.seconds += 60
    reply = await client.ask("POST", "/api/lessons", body, bearer="wrong", headers=here)
    assert (reply.status, reply.code) == (401, "bad_key")


async def test_lessons_are_not_made_without_end(school: School, client: Client) -> None:
    with school.offset.standing_still():
        for _ in range(int(NEW_LESSONS.burst)):
            await client.lesson()
        reply = await client.ask("POST", "/api/lessons", rest.NewLesson("A"), bearer=key(school))
    assert (reply.status, reply.code) == (429, "rate_limited")
    assert int(reply.headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("data", "headers", "expected"),
    [
        (b"{", {}, (400, "bad_json")),
        (b"", {}, (400, "bad_json")),
        (b"\xff\xfe", {}, (400, "bad_json")),
        (b"[" * 100_000, {}, (422, "invalid_body")),
        (b"[]", {}, (422, "invalid_body")),
        (b"{}", {}, (422, "invalid_body")),
        (b'{"title": 5}', {}, (422, "invalid_body")),
        (b'{"title": ""}', {}, (422, "invalid_body")),
        (b'{"title": "   "}', {}, (422, "invalid_body")),
        (b'{"title": "a\\u0000b"}', {}, (422, "invalid_body")),
        (b'{"title": "a", "more": 1}', {}, (422, "invalid_body")),
        (b'{"title": "%s"}' % (b"x" * 201), {}, (422, "invalid_body")),
        (b'{"title": "a"}', {"Content-Type": "text/plain"}, (415, "wrong_type")),
        (b" " * (1 << 18), {}, (413, "too_large")),
    ],
)
async def test_garbage_is_refused(
    school: School, data: bytes, headers: dict[str, str], expected: tuple[int, str]
) -> None:
    headers = {"Content-Type": "application/json", **headers}
    reply = await school.client.ask(
        "POST", "/api/lessons", data=data, headers=headers, bearer=key(school)
    )
    assert (reply.status, reply.code) == expected


async def test_unknown_places_answer_in_the_one_shape(client: Client) -> None:
    assert (await client.ask("GET", "/api/nothing")).code == "not_found"
    reply = await client.ask("PUT", "/api/lessons")
    assert reply.code == "method_not_allowed"
    assert "POST" in reply.headers["Allow"]


# ── who may moderate ──

ACTIONS = [
    ("GET", "", None, 200),
    ("GET", "/links", None, 200),
    ("POST", "/links", {}, 201),
    ("DELETE", "/links/{link}", None, 200),
    ("POST", "/media-tokens", {"role": "publish"}, 201),
    ("POST", "/end", None, 200),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), ACTIONS)
async def test_hosts_and_the_school_moderate(
    school: School, client: Client, method: str, path: str, body: object, status: int
) -> None:
    for by_key in (True, False):
        lesson = await client.lesson()
        host = await client.enter(lesson.host_link, "A")
        url = f"/api/lessons/{lesson.lesson.id}" + path.format(link=lesson.participant_link)
        reply = await client.ask(method, url, body, bearer=key(school) if by_key else host)
        assert reply.status == status, reply.body


@pytest.mark.parametrize(("method", "path", "body", "_status"), ACTIONS)
async def test_nobody_else_moderates(
    school: School, client: Client, method: str, path: str, body: object, _status: int
) -> None:
    lesson, other = await client.lesson(), await client.lesson()
    guest = await client.enter(lesson.participant_link, "B")
    stranger = await client.enter(other.host_link, "C")
    media = await client.media_token(lesson.lesson.id, "publish")
    url = f"/api/lessons/{lesson.lesson.id}" + path.format(link=lesson.participant_link)
    expected = [
        (None, 401, "no_token"),
        ("wrong", 401, "bad_key"),
        ("a.b.c", 401, "bad_grant"),
        (media, 401, "bad_grant"),
        (guest, 403, "forbidden"),
        (stranger, 404, "not_found"),
    ]
    for bearer, status, code in expected:
        reply = await client.ask(method, url, body, bearer=bearer)
        assert (reply.status, reply.code) == (status, code)
    assert await look_up(school, lesson.participant_link) == "participant"


async def test_the_grant_of_a_revoked_link_opens_no_door(school: School, client: Client) -> None:
    """Whatever is served to a grant, what will be served to one later too."""
    lesson = await client.lesson()
    grant = await client.enter(lesson.host_link, "A")
    inside = await client.join(grant)
    path = f"/api/lessons/{lesson.lesson.id}"
    assert (await client.ask("GET", path, bearer=grant)).status == 200
    reply = await client.ask("DELETE", f"{path}/links/{lesson.host_link}", bearer=key(school))
    assert reply.status == 200
    doors = 0
    for template, operations in (
        (await client.ask("GET", "/api/openapi.json")).json["paths"].items()
    ):
        for method, operation in operations.items():
            if operation.get("security") in ([{"moderator": []}], [{"grant": []}]):
                url = template.format(lesson=lesson.lesson.id, token=lesson.participant_link)
                reply = await client.ask(method.upper(), url, {"role": "publish"}, bearer=grant)
                assert (reply.status, reply.code) == (410, "link_revoked"), (method, template)
                doors += 1
    assert doors >= len(ACTIONS)
    fresh = await client.enter(lesson.participant_link, "B")
    assert inside.welcome is not None
    inside.cut()
    back = await client.join(grant, inside.welcome.resume)
    assert back.you == inside.you, "who is inside comes back all the same"
    await client.join(fresh)


async def test_an_expired_grant_moderates_no_more(school: School, client: Client) -> None:
    lesson = await client.lesson()
    host = await client.enter(lesson.host_link, "A")
    school.offset.seconds += 13 * HOUR
    path = f"/api/lessons/{lesson.lesson.id}"
    assert (await client.ask("GET", path, bearer=host)).code == "grant_expired"
    renewed = await client.ask("POST", "/api/grants", bearer=host)
    assert (await client.ask("GET", path, bearer=renewed.json["grant"])).status == 200


async def test_the_school_knows_its_lessons_only(school: School, client: Client) -> None:
    reply = await client.ask("GET", "/api/lessons/unknown", bearer=key(school))
    assert (reply.status, reply.code) == (404, "not_found")


# ── links ──


async def test_links_have_an_end_and_a_number_of_uses(school: School, client: Client) -> None:
    lesson = await client.lesson()
    short = await make_link(school, lesson.lesson.id, seconds=HOUR)
    forever = await make_link(school, lesson.lesson.id, seconds=None)
    once = await make_link(school, lesson.lesson.id, uses=1)
    assert forever.expires is None
    await client.enter(once.token, "A")
    assert await look_up(school, once.token) == "410 link_used_up"
    school.offset.seconds += HOUR + 1
    assert await look_up(school, short.token) == "410 link_expired"
    assert await look_up(school, lesson.participant_link) == "participant"
    school.offset.seconds += 7 * DAY
    assert await look_up(school, lesson.participant_link) == "410 link_expired"
    assert await look_up(school, forever.token) == "participant"


async def test_a_link_shows_when_it_ends(school: School) -> None:
    lesson = await school.client.lesson()
    before = datetime.now(UTC)
    made = await make_link(school, lesson.lesson.id, seconds=HOUR, uses=3)
    assert before <= made.created <= datetime.now(UTC)
    assert made.expires == made.created + timedelta(seconds=HOUR)
    assert (made.role, made.max_uses, made.uses, made.revoked) == ("participant", 3, 0, False)


async def test_a_lesson_has_so_many_links_and_no_more(
    school: School, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.lessons.LINKS_PER_LESSON", 3)
    lesson = await client.lesson()
    await make_link(school, lesson.lesson.id)
    path = f"/api/lessons/{lesson.lesson.id}/links"
    refused = await client.ask("POST", path, {}, bearer=key(school))
    assert (refused.status, refused.code) == (409, "too_many_links")
    assert refused.json["error"]["details"] == {"limit": 3}
    listed = await client.ask("GET", path, bearer=key(school))
    assert len(listed.json["links"]) == 3


async def test_whoever_got_no_reply_enters_again_as_the_same(
    school: School, client: Client
) -> None:
    lesson = await client.lesson()
    once = await make_link(school, lesson.lesson.id, uses=1)
    path = f"/api/links/{once.token}/enter"
    replies = [await client.ask("POST", path, rest.Enter("A", key="k" * 22)) for _ in range(2)]
    first, second = [await client.join(reply.json["grant"]) for reply in replies]
    assert first.you == second.you
    for other in (rest.Enter("A", key="l" * 22), rest.Enter("A")):
        refused = await client.ask("POST", path, other)
        assert (refused.status, refused.code) == (410, "link_used_up")
    elsewhere = f"/api/links/{lesson.participant_link}/enter"
    reply = await client.ask("POST", elsewhere, rest.Enter("A", key="k" * 22))
    assert (await client.join(reply.json["grant"])).you != first.you
    reply = await client.ask("POST", elsewhere, {"name": "A", "key": "short"})
    assert (reply.status, reply.code) == (422, "invalid_body")


@pytest.mark.parametrize(
    ("seconds", "status"),
    [
        (HOUR - 1, 422),
        (HOUR, 201),
        (HOUR + 1, 201),
        (365 * DAY - 1, 201),
        (365 * DAY, 201),
        (365 * DAY + 1, 422),
    ],
)
async def test_how_long_a_link_may_last(school: School, seconds: int, status: int) -> None:
    lesson = await school.client.lesson()
    path = f"/api/lessons/{lesson.lesson.id}/links"
    reply = await school.client.ask("POST", path, {"seconds": seconds}, bearer=key(school))
    assert reply.status == status


async def test_a_revoked_link_lets_nobody_in(school: School, client: Client) -> None:
    lesson = await client.lesson()
    unused = await client.enter(lesson.participant_link, "Later")
    inside = await client.come(lesson.participant_link, "Inside")
    path = f"/api/lessons/{lesson.lesson.id}/links"
    reply = await client.ask("DELETE", f"{path}/{lesson.participant_link}", bearer=key(school))
    assert reply.json["revoked"] is True
    assert await look_up(school, lesson.participant_link) == "410 link_revoked"
    reply = await client.ask("POST", f"/api/links/{lesson.participant_link}/enter", rest.Enter("B"))
    assert (reply.status, reply.code) == (410, "link_revoked")
    late = await client.knock(unused)
    assert late.error.code == "link_revoked"
    reply = await client.ask("POST", "/api/grants", bearer=unused)
    assert (reply.status, reply.code) == (410, "link_revoked")
    assert inside.welcome is not None
    inside.cut()
    back = await client.join(await client.enter(lesson.host_link, "Host"))
    await back.until_person(inside.you, present=False)
    reply = await client.ask("DELETE", f"{path}/unknown", bearer=key(school))
    assert (reply.status, reply.code) == (404, "not_found")


async def test_somebody_inside_comes_back_though_the_link_is_revoked(
    school: School, client: Client
) -> None:
    lesson = await client.lesson()
    grant = await client.enter(lesson.participant_link, "Inside")
    inside = await client.join(grant)
    path = f"/api/lessons/{lesson.lesson.id}/links/{lesson.participant_link}"
    await client.ask("DELETE", path, bearer=key(school))
    inside.cut()
    assert inside.welcome is not None
    back = await client.join(grant, resume=inside.welcome.resume)
    assert back.you == inside.you


@pytest.mark.parametrize("keyed", [True, False])
async def test_whoever_may_not_enter_is_told_why(
    school: School, client: Client, keyed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page says another thing to each; and it always sends a key."""
    lesson = await client.lesson()
    short = await make_link(school, lesson.lesson.id, seconds=HOUR)
    once = await make_link(school, lesson.lesson.id, uses=1)
    raced = await make_link(school, lesson.lesson.id, seconds=None)
    await client.enter(once.token, "A")
    path = f"/api/lessons/{lesson.lesson.id}/links/{lesson.host_link}"
    await client.ask("DELETE", path, bearer=key(school))
    school.offset.seconds += HOUR + 1
    body = rest.Enter("B", key="k" * 22 if keyed else None)

    async def enter(link: str) -> tuple[int, str]:
        reply = await client.ask("POST", f"/api/links/{link}/enter", body)
        return reply.status, reply.code

    assert await enter(short.token) == (410, "link_expired")
    assert await enter(once.token) == (410, "link_used_up")
    assert await enter(lesson.host_link) == (410, "link_revoked")
    assert await enter("nothing") == (404, "not_found")

    async def taken(*_: object) -> bool:
        return False

    monkeypatch.setattr(Store, "use_link", taken)
    assert await enter(raced.token) == (410, "link_used_up"), "no use, no grant"


async def test_all_links_are_listed(school: School, client: Client) -> None:
    lesson = await client.lesson()
    made = await make_link(school, lesson.lesson.id, role="host", uses=3)
    reply = await client.ask("GET", f"/api/lessons/{lesson.lesson.id}/links", bearer=key(school))
    links = msgspec.json.decode(reply.body, type=rest.Links).links
    assert {link.token for link in links} == {
        lesson.host_link,
        lesson.participant_link,
        made.token,
    }
    assert links[-1] == made


async def test_the_last_use_goes_to_one(school: School, client: Client) -> None:
    import asyncio

    lesson = await client.lesson()
    link = await make_link(school, lesson.lesson.id, uses=1)
    path = f"/api/links/{link.token}/enter"
    replies = await asyncio.gather(
        *(client.ask("POST", path, rest.Enter(f"P{n}")) for n in range(8))
    )
    assert sorted(reply.status for reply in replies) == [200] + [410] * 7


async def test_looking_up_counts_people(client: Client) -> None:
    lesson = await client.lesson("История")
    path = f"/api/links/{lesson.participant_link}"
    reply = await client.ask("GET", path)
    expected = {"title": "История", "role": "participant", "state": "waiting", "participants": 0}
    assert {**reply.json, **expected} == reply.json
    assert reply.headers["Cache-Control"] == "no-store"
    await client.come(lesson.host_link, "A")
    reply = await client.ask("GET", path)
    assert (reply.json["state"], reply.json["participants"]) == ("running", 1)


async def test_guessing_links_is_slowed_down(school: School, client: Client) -> None:
    """Whatever one claims to be: only the last address is nginx's word."""
    lesson = await client.lesson()
    here = {"X-Forwarded-For": "192.0.2.7"}

    async def guess(number: int) -> Reply:
        claimed = {"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.{number}, 192.0.2.7"}
        return await client.ask("GET", "/api/links/guess", headers=claimed)

    with school.offset.standing_still():
        for number in range(60):
            assert (await guess(number)).status == 404
        reply = await guess(60)
    assert (reply.status, reply.code) == (429, "rate_limited")
    path = f"/api/links/{lesson.participant_link}"
    reply = await client.ask("GET", path, headers=here)
    assert reply.status == 200, "classmates behind the same address still come in"


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\x00b", "\u202ea", "x" * 5000, "Oльга"])
async def test_impossible_names_are_refused(client: Client, name: str) -> None:
    lesson = await client.lesson()
    path = f"/api/links/{lesson.participant_link}/enter"
    reply = await client.ask("POST", path, {"name": name})
    assert reply.status == 422


async def test_entering_says_what_became_of_the_name(client: Client) -> None:
    lesson = await client.lesson()
    path = f"/api/links/{lesson.participant_link}/enter"
    reply = await client.ask("POST", path, rest.Enter("  Ёж  "))
    assert reply.json.pop("grant").count(".") == 2
    assert (reply.json["name"], reply.json["role"], reply.json["path"]) == (
        "Ёж",
        "guest",
        "/api/call",
    )


# ── ending ──


async def test_ending_a_lesson_ends_its_call_and_links(school: School, client: Client) -> None:
    lesson = await client.lesson()
    grant = await client.enter(lesson.participant_link, "Late")
    browser = await client.come(lesson.participant_link, "Inside")
    path = f"/api/lessons/{lesson.lesson.id}"
    reply = await client.ask("POST", f"{path}/end", bearer=key(school))
    assert (reply.status, reply.json["state"]) == (200, "ended")
    assert await browser.until(Ended) == Ended("ended")
    assert await browser.until_closed() == 1000
    assert await look_up(school, lesson.participant_link) == "410 call_ended"
    late = await client.knock(grant)
    assert late.error.code == "call_ended"
    for action in ("end", "links", "media-tokens"):
        reply = await client.ask(
            "POST", f"{path}/{action}", {"role": "publish"}, bearer=key(school)
        )
        assert (reply.status, reply.code) == (410, "call_ended")
    assert (await client.ask("GET", path, bearer=key(school))).json["state"] == "ended"
    reply = await client.ask("POST", "/api/grants", bearer=grant)
    assert (reply.status, reply.code) == (410, "call_ended")
