"""Lessons and their links over HTTP, for those who moderate."""

import hmac
from datetime import UTC, datetime

from aiohttp import web

from zvonok.wire import rest
from zvonok.wire.errors import Refusal
from zvonok.wire.ids import random_token

from .admission import admitted
from .calls import Calls
from .clock import Clock
from .endpoints import Endpoint, address, bearer, json_reply, read_body
from .grants import Grants, MediaGrant
from .limits import Bucket, Buckets, Guesses, Rate
from .names import display_name
from .permissions import require
from .store import Lesson, Link, Store

KEY_GUESSES = (Rate(burst=10, per_second=1 / 6), Rate(burst=200, per_second=2))
NEW_LESSONS = Rate(burst=30, per_second=0.5)
ALL_NEW_LESSONS = Rate(burst=500, per_second=10)
LINKS_PER_LESSON = 1000


class Lessons:
    """Handlers; each raises Refusal."""

    def __init__(
        self, calls: Calls, store: Store, grants: Grants, school_key: str, clock: Clock
    ) -> None:
        self._calls = calls
        self._store = store
        self._grants = grants
        self._school_key = school_key.encode()
        self._clock = clock
        now = clock.steady()
        self._guesses = Guesses(*KEY_GUESSES, now)
        self._new = Buckets(NEW_LESSONS)
        self._all_new = Bucket(ALL_NEW_LESSONS, now)

    def endpoints(self) -> list[Endpoint]:
        lesson = "/api/lessons/{lesson}"
        return [
            Endpoint(
                method="POST",
                path="/api/lessons",
                handler=self.create,
                summary="Create a lesson and its two first links.",
                auth="school",
                body=rest.NewLesson,
                reply=rest.LessonCreated,
                status=201,
            ),
            Endpoint(
                method="GET",
                path=lesson,
                handler=self.show,
                summary="What a lesson is now.",
                auth="moderator",
                reply=rest.Lesson,
            ),
            Endpoint(
                method="POST",
                path=lesson + "/end",
                handler=self.end,
                summary="End a lesson for all; its links lead nowhere any more.",
                auth="moderator",
                reply=rest.Lesson,
                errors=[410],
            ),
            Endpoint(
                method="GET",
                path=lesson + "/links",
                handler=self.links,
                summary="All links of a lesson.",
                auth="moderator",
                reply=rest.Links,
            ),
            Endpoint(
                method="POST",
                path=lesson + "/links",
                handler=self.add_link,
                summary="Make a link.",
                auth="moderator",
                body=rest.NewLink,
                reply=rest.Link,
                status=201,
                errors=[409, 410],
            ),
            Endpoint(
                method="DELETE",
                path=lesson + "/links/{token}",
                handler=self.revoke,
                summary="Revoke a link. Those who entered by it stay.",
                auth="moderator",
                reply=rest.Link,
            ),
            Endpoint(
                method="POST",
                path=lesson + "/media-tokens",
                handler=self.media_token,
                summary="Make a bearer token for WHIP or WHEP.",
                auth="moderator",
                body=rest.NewMediaToken,
                reply=rest.MediaToken,
                status=201,
                errors=[410],
            ),
        ]

    async def create(self, request: web.Request) -> web.Response:
        if not self._is_school_key(bearer(request), request):
            raise Refusal(401, "bad_key", "this is not the key of the school")
        now = self._clock.steady()
        wait = max(self._new.take(address(request), now), self._all_new.take(now))
        if wait > 0:
            raise Refusal(429, "rate_limited", "too many new lessons", retry_after=wait)
        body = await read_body(request, rest.NewLesson)
        lesson = Lesson(random_token(), _title(body.title), self._clock.wall(), None, body.size)
        host = self._link(lesson.id, rest.NewLink(role="host"))
        participant = self._link(lesson.id, rest.NewLink(role="participant"))
        await self._store.add_lesson(lesson, [host, participant])
        created = rest.LessonCreated(
            lesson=self._shown(lesson),
            host_link=host.token,
            participant_link=participant.token,
        )
        return json_reply(created, 201)

    async def show(self, request: web.Request) -> web.Response:
        return json_reply(self._shown(await self._moderated(request)))

    async def end(self, request: web.Request) -> web.Response:
        lesson = await self._moderated(request)
        await self._store.end_lesson(lesson.id, self._clock.wall())
        # Also if that was done before: whoever did it may not have reached the call.
        await self._calls.end(lesson.id)
        if lesson.ended is not None:
            raise _ended()
        ended = await self._store.lesson(lesson.id)
        return json_reply(self._shown(ended or lesson))

    async def links(self, request: web.Request) -> web.Response:
        lesson = await self._moderated(request)
        found = await self._store.links(lesson.id)
        return json_reply(rest.Links([shown_link(link) for link in found]))

    async def add_link(self, request: web.Request) -> web.Response:
        lesson = await self._open(request)
        link = self._link(lesson.id, await read_body(request, rest.NewLink))
        if len(await self._store.links(lesson.id)) >= LINKS_PER_LESSON:
            raise Refusal(
                409,
                "too_many_links",
                "this lesson has as many links as it may have",
                limit=LINKS_PER_LESSON,
            )
        await self._store.add_link(link)
        return json_reply(shown_link(link), 201)

    async def revoke(self, request: web.Request) -> web.Response:
        lesson = await self._moderated(request)
        token = request.match_info["token"]
        if not await self._store.revoke_link(lesson.id, token, self._clock.wall()):
            raise Refusal(404, "not_found", "this lesson has no such link")
        found = await self._store.links(lesson.id)
        return json_reply(next(shown_link(link) for link in found if link.token == token))

    async def media_token(self, request: web.Request) -> web.Response:
        lesson = await self._open(request)
        body = await read_body(request, rest.NewMediaToken)
        given = body.name or ("WHIP" if body.role == "publish" else "WHEP")
        name = display_name(given, trusted=True)  # A moderator gives it, to a thing of his own.
        grant = MediaGrant(
            id=random_token(),
            lesson=lesson.id,
            link=self._link_of(request),
            role=body.role,
            name=name,
        )
        now = self._clock.wall()
        token = rest.MediaToken(
            token=self._grants.sign_media(grant, now, body.seconds),
            role=body.role,
            path="/api/whip" if body.role == "publish" else "/api/whep",
            expires=_time(now + body.seconds),
        )
        return json_reply(token, 201)

    # ── who asks ──

    async def _moderated(self, request: web.Request) -> Lesson:
        """The lesson in the path, if the one who asks may moderate it.

        To those who may not know of it, it does not exist.
        """
        token, wanted = bearer(request), request.match_info["lesson"]
        if _is_grant(token):
            grant = self._grants.grant(token, self._clock.wall())
            if grant.lesson != wanted:
                raise Refusal(404, "not_found", "there is no such lesson")
            require(grant.role, "manage_lesson")
            return await admitted(self._store, grant.link)
        if not self._is_school_key(token, request):
            raise Refusal(401, "bad_key", "this is not the key of the school")
        lesson = await self._store.lesson(wanted)
        if lesson is None:
            raise Refusal(404, "not_found", "there is no such lesson")
        return lesson

    async def _open(self, request: web.Request) -> Lesson:
        lesson = await self._moderated(request)
        if lesson.ended is not None:
            raise _ended()
        return lesson

    def _link_of(self, request: web.Request) -> str | None:
        """By which a moderator came; None: he has the key of the school."""
        token = bearer(request)
        if not _is_grant(token):
            return None
        return self._grants.grant(token, self._clock.wall()).link

    def _is_school_key(self, key: str, request: web.Request) -> bool:
        # Bytes of a header that are no UTF-8 come as surrogates.
        if hmac.compare_digest(key.encode(errors="surrogateescape"), self._school_key):
            return True
        wait = self._guesses.wrong(address(request), self._clock.steady())
        if wait > 0:
            raise Refusal(429, "rate_limited", "too many wrong keys", retry_after=wait)
        return False

    # ── forms ──

    def _link(self, lesson: str, asked: rest.NewLink) -> Link:
        now = self._clock.wall()
        return Link(
            token=random_token(),
            lesson=lesson,
            role=asked.role,
            created=now,
            expires=None if asked.seconds is None else now + asked.seconds,
            max_uses=asked.uses,
            uses=0,
            revoked=None,
        )

    def _shown(self, lesson: Lesson) -> rest.Lesson:
        return rest.Lesson(
            id=lesson.id,
            title=lesson.title,
            state="open" if lesson.ended is None else "ended",
            created=_time(lesson.created),
            ended=None if lesson.ended is None else _time(lesson.ended),
            size=lesson.size,
            participants=self._calls.peek(lesson.id),
        )


def shown_link(link: Link) -> rest.Link:
    return rest.Link(
        token=link.token,
        role=link.role,
        created=_time(link.created),
        expires=None if link.expires is None else _time(link.expires),
        max_uses=link.max_uses,
        uses=link.uses,
        revoked=link.revoked is not None,
    )


def _is_grant(token: str) -> bool:
    """Rather than the key of the school: its three parts are those of a JWT."""
    return token.count(".") == 2


def _ended() -> Refusal:
    return Refusal(410, "call_ended", "this lesson has been ended")


def _title(text: str) -> str:
    """Trimmed. Raises Refusal `invalid_body`."""
    title = " ".join(text.split())
    if not title or not title.isprintable():
        raise Refusal(422, "invalid_body", "the title is empty or unprintable", field="title")
    return title


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
