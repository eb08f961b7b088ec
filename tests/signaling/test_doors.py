"""Every door of the OpenAPI document, and everybody who stands before it with a wrong token."""

from tests.signaling.conftest import School

DAY = 24 * 3600
BODIES = {
    "/api/lessons": {"title": "A"},
    "/api/lessons/{lesson}/links": {},
    "/api/lessons/{lesson}/media-tokens": {"role": "publish"},
}


async def test_every_door_refuses_every_wrong_token(school: School) -> None:
    client, key = school.client, school.settings.school_key
    lesson, other = await client.lesson(), await client.lesson()
    tokens: dict[str, str | None] = {"none": None, "noise": "a.b.c", "word": "wrong"}
    for of, name in ((lesson, ""), (other, "other ")):
        tokens[name + "host"] = await client.enter(of.host_link, "A")
        tokens[name + "guest"] = await client.enter(of.participant_link, "B")
        path = f"/api/lessons/{of.lesson.id}/media-tokens"
        for role in ("publish", "subscribe"):
            made = await client.ask("POST", path, {"role": role}, bearer=key)
            tokens[name + role] = made.json["token"]
    tokens["school"] = key
    allowed = {
        "school": {"school"},
        "moderator": {"host", "school"},
        "grant": {"host", "guest", "other host", "other guest"},
    }
    document = (await client.ask("GET", "/api/openapi.json")).json
    tried = 0
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            for auth in (scheme for each in operation.get("security", []) for scheme in each):
                role = "publish" if "/whip" in template else "subscribe"
                may = allowed.get(auth, {role, "other " + role})
                url = template.format(
                    lesson=lesson.lesson.id, token=lesson.participant_link, session="s"
                )
                for who in tokens.keys() - may:
                    reply = await client.ask(
                        method.upper(), url, BODIES.get(template), bearer=tokens[who]
                    )
                    assert reply.status in (401, 403, 404, 429), (method, template, who)
                    assert reply.code
                    tried += 1
    assert tried > 100
    shown = await client.ask("GET", f"/api/lessons/{lesson.lesson.id}/links", bearer=key)
    assert [link["revoked"] for link in shown.json["links"]] == [False, False]
    assert len(shown.json["links"]) == 2, "nothing came of all that"


async def test_what_has_expired_opens_no_door(school: School) -> None:
    client = school.client
    lesson = await client.lesson()
    host = await client.enter(lesson.host_link, "A")
    token = await client.media_token(lesson.lesson.id, "publish")
    school.offset.seconds += 3 * DAY
    document = (await client.ask("GET", "/api/openapi.json")).json
    for template, operations in document["paths"].items():
        for method, operation in operations.items():
            security = operation.get("security")
            if security in ([{"moderator": []}], [{"grant": []}], [{"media": []}]):
                media = security == [{"media": []}]
                if media and "/whep" in template:
                    continue
                url = template.format(
                    lesson=lesson.lesson.id, token=lesson.participant_link, session="s"
                )
                reply = await client.ask(
                    method.upper(),
                    url,
                    BODIES.get(template),
                    bearer=token if media else host,
                )
                expected = "token_expired" if media else "grant_expired"
                assert (reply.status, reply.code) == (401, expected), (method, template)
    refused = await client.knock(host)
    assert refused.error.code == "grant_expired"
