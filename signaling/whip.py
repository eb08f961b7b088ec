"""WHIP (RFC 9725) and WHEP: half a session each, under a bearer token."""

import asyncio
import hashlib
from typing import Literal

from aiohttp import web

from zvonok.wire.errors import Refusal
from zvonok.wire.ids import random_token
from zvonok.wire.rest import MediaRole

from .admission import admitted
from .call.effects import Answered
from .call.parts.session import OFFERS
from .call.seat import Newcomer
from .calls import Calls
from .clock import Clock
from .cross_origin import preflight
from .endpoints import Endpoint, bearer, read_bytes
from .grants import Grants, MediaGrant
from .limits import Buckets
from .live_call import LiveCall
from .store import Store

SDP = "application/sdp"
ANSWER_SECONDS = 5.0
MAX_SDP = 128 * 1024
Protocol = Literal["whip", "whep"]
ROLES: dict[Protocol, MediaRole] = {"whip": "publish", "whep": "subscribe"}


class MediaEndpoints:
    """Handlers of one of the two protocols; each raises Refusal."""

    def __init__(
        self, protocol: Protocol, calls: Calls, store: Store, grants: Grants, clock: Clock
    ) -> None:
        self._protocol = protocol
        self._calls = calls
        self._store = store
        self._grants = grants
        self._clock = clock
        self._offers = Buckets(OFFERS)

    def endpoints(self) -> list[Endpoint]:
        path = f"/api/{self._protocol}"
        session = path + "/{lesson}/{session}"
        what = "sends" if self._protocol == "whip" else "receives"
        return [
            Endpoint(
                method="POST",
                path=path,
                handler=self.begin,
                summary=f"Begin a session that {what}: an SDP offer, answered with 201.",
                auth="media",
                body=SDP,
                reply=SDP,
                status=201,
                errors=[406, 409, 410, 413, 415, 422],
            ),
            Endpoint(
                method="OPTIONS",
                path=path,
                handler=self.options,
                summary="Say what may be posted here.",
                status=204,
            ),
            Endpoint(
                method="DELETE",
                path=session,
                handler=self.finish,
                summary="End a session.",
                auth="media",
                errors=[404],
            ),
            Endpoint(
                method="OPTIONS",
                path=session,
                handler=self.session_options,
                summary="Say that a session may only be ended: there is neither trickle ICE nor an"
                " ICE restart.",
                status=204,
            ),
        ]

    async def options(self, _request: web.Request) -> web.Response:
        return preflight("OPTIONS, POST", {"Accept-Post": SDP})

    async def session_options(self, _request: web.Request) -> web.Response:
        return preflight("DELETE, OPTIONS")

    async def begin(self, request: web.Request) -> web.Response:
        grant = self._grant(request)
        # A publisher's token holds one seat; with a viewer's a whole class may come at once.
        if self._protocol == "whip":
            wait = self._offers.take(grant.id, self._clock.steady())
            if wait > 0:
                raise Refusal(429, "rate_limited", "too many offers", retry_after=wait)
        offer = await self._offer(request)
        call = await self._calls.get(grant.lesson)
        # Last: that may have taken seconds.
        if grant.link is not None:
            await admitted(self._store, grant.link)
        call.require_heard()
        session = random_token()
        newcomer = Newcomer(
            grant=self._holder(grant, session),
            name=grant.name,
            role="guest",
            session=session,
            resume=random_token(),
            kind="publisher" if self._protocol == "whip" else "viewer",
        )
        answered = call.answer(session)
        try:
            call.run(call.engine.begin_session(newcomer, offer, self._clock.steady()))
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = _answer_in(await answered)
        except (TimeoutError, asyncio.CancelledError, Refusal) as error:
            call.run(call.engine.end_session(session, self._clock.steady()))
            if isinstance(error, TimeoutError):
                raise Refusal(
                    503, "no_media_server", "no media server answered", retry_after=2
                ) from error
            raise
        finally:
            call.forget_answer(session)
        tag = hashlib.sha256(answer.encode()).hexdigest()[:16]
        return web.Response(
            text=answer,
            status=201,
            content_type=SDP,
            headers={
                "Location": f"/api/{self._protocol}/{grant.lesson}/{session}",
                "ETag": f'"{tag}"',
                "Cache-Control": "no-store",
            },
        )

    async def finish(self, request: web.Request) -> web.Response:
        call, session = await self._session(request)
        call.run(call.engine.end_session(session, self._clock.steady()))
        return web.Response()

    def _grant(self, request: web.Request) -> MediaGrant:
        grant = self._grants.media(bearer(request), self._clock.wall())
        if grant.role != ROLES[self._protocol]:
            raise Refusal(403, "forbidden", f"this token may only {grant.role}")
        return grant

    async def _offer(self, request: web.Request) -> str:
        if request.content_type != SDP:
            raise Refusal(415, "wrong_type", f"the body must be {SDP}")
        if not _accepts(request.headers.get("Accept", "*/*")):
            raise Refusal(406, "not_acceptable", f"the answer is {SDP}")
        data = await read_bytes(request, MAX_SDP)
        try:
            offer = data.decode()
        except UnicodeDecodeError as error:
            raise _bad_offer("it is not UTF-8") from error
        if not offer.startswith("v=0") or "\nm=" not in offer:
            raise _bad_offer("it is no session description with media")
        return offer

    async def _session(self, request: web.Request) -> tuple[LiveCall, str]:
        grant = self._grant(request)
        lesson, session = request.match_info["lesson"], request.match_info["session"]
        if grant.lesson == lesson:
            call = await self._calls.get(lesson)
            number = call.engine.number_of(session)
            holder = self._holder(grant, session)
            if number is not None and call.engine.seats[number].grant == holder:
                return call, session
        raise Refusal(404, "not_found", "there is no such session")

    def _holder(self, grant: MediaGrant, session: str) -> str:
        """Whose the seat of this session is, of those who begin one here with this token."""
        return grant.id if self._protocol == "whip" else session


def _answer_in(answered: Answered) -> str:
    error = answered.error
    if error is not None:
        if error.code == "worker_full":
            raise Refusal(503, "worker_full", error.message, retry_after=10)
        if error.code == "session_replaced":
            raise Refusal(409, "session_replaced", error.message)
        raise Refusal(422, error.code, error.message, **error.details)
    assert answered.answer is not None
    return answered.answer


def _accepts(accept: str) -> bool:
    ranges = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return bool(ranges & {"", "*/*", "application/*", SDP})


def _bad_offer(reason: str) -> Refusal:
    return Refusal(422, "bad_offer", "the offer cannot be used", reason=reason)
