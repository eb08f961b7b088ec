"""Invitation links over HTTP, for those who have one."""

import ipaddress
from collections.abc import Iterable

from aiohttp import web

from zvonok.wire import rest
from zvonok.wire.bus import WorkerState
from zvonok.wire.client import Role
from zvonok.wire.errors import Refusal
from zvonok.wire.ids import random_token

from .admission import admitted
from .calls import Calls
from .clock import Clock
from .endpoints import Endpoint, address, bearer, json_reply, read_body
from .grants import RENEW_SECONDS, Grant, Grants
from .limits import Guesses, Rate
from .names import display_name
from .permissions import MODERATORS
from .store import Lesson, Link, Store

# A class behind one address may all follow a link that was copied badly.
GUESSES = (Rate(burst=60, per_second=1), Rate(burst=2000, per_second=50))
MEDIA_ADDRESSES = 8
ROLES: dict[rest.LinkRole, Role] = {"host": "host", "participant": "guest"}
"""There are no accounts yet, so whoever has no host link is a guest."""


def media_addresses(workers: Iterable[WorkerState]) -> list[str]:
    """`host:port`, those that the operator named first; at most `MEDIA_ADDRESSES`.

    Loopback is left out: it means another machine to everybody else.
    """
    found = [
        f"[{address}]:{worker.port}" if address.version == 6 else f"{address}:{worker.port}"
        for worker in workers
        for address in map(ipaddress.ip_address, worker.addresses)
        if not address.is_loopback
    ]
    return found[:MEDIA_ADDRESSES]


class InvitationLinks:
    """Handlers; each raises Refusal."""

    def __init__(self, calls: Calls, store: Store, grants: Grants, clock: Clock) -> None:
        self._calls = calls
        self._store = store
        self._grants = grants
        self._clock = clock
        self._guesses = Guesses(*GUESSES, clock.steady())

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                method="GET",
                path="/api/links/{token}",
                handler=self.look_up,
                summary="Where a link leads.",
                reply=rest.LinkInfo,
                errors=[404, 410],
            ),
            Endpoint(
                method="POST",
                path="/api/links/{token}/enter",
                handler=self.enter,
                summary="Enter by a link under a name: a grant for the WebSocket.",
                body=rest.Enter,
                reply=rest.Entered,
                errors=[404, 410],
            ),
            Endpoint(
                method="POST",
                path="/api/grants",
                handler=self.renew,
                summary="Exchange a grant, up to a day after its end, for a longer one.",
                auth="grant",
                reply=rest.Renewed,
                errors=[410],
            ),
        ]

    async def look_up(self, request: web.Request) -> web.Response:
        link, lesson = await self._usable(request)
        participants = self._calls.peek(lesson.id)
        info = rest.LinkInfo(
            title=lesson.title,
            role=link.role,
            state="running" if participants else "waiting",
            participants=participants,
            media=media_addresses(self._calls.workers),
        )
        return json_reply(info)

    async def enter(self, request: web.Request) -> web.Response:
        link, lesson = await self._found(request)
        role = ROLES[link.role]
        asked = await read_body(request, rest.Enter)
        name = display_name(asked.name, trusted=role in MODERATORS)
        now = self._clock.wall()
        refusal = link.refusal(now)
        if refusal is not None and asked.key is None:
            raise refusal
        if not await self._store.use_link(link.token, now, asked.key):
            # Spent before, or just now: somebody else had the last use, or revoked it.
            await self._usable(request)
            raise Refusal(410, "link_used_up", "this link was used as often as it may be")
        entry = None if asked.key is None else self._grants.id_of_entry(link.token, asked.key)
        grant = Grant(
            id=entry or random_token(),
            lesson=lesson.id,
            link=link.token,
            role=role,
            name=name,
        )
        entered = rest.Entered(
            grant=self._grants.sign(grant, now),
            path="/api/call",
            lesson=lesson.id,
            role=grant.role,
            name=name,
        )
        return json_reply(entered)

    async def renew(self, request: web.Request) -> web.Response:
        now = self._clock.wall()
        grant = self._grants.grant(bearer(request), now, late=RENEW_SECONDS)
        lesson = await admitted(self._store, grant.link)
        if lesson.ended is not None:
            raise Refusal(410, "call_ended", "this lesson has been ended")
        return json_reply(rest.Renewed(self._grants.sign(grant, now)))

    async def _usable(self, request: web.Request) -> tuple[Link, Lesson]:
        """The link in the path and its lesson. Raises Refusal 404, 410 or 429."""
        link, lesson = await self._found(request)
        refusal = link.refusal(self._clock.wall())
        if refusal is not None:
            raise refusal
        return link, lesson

    async def _found(self, request: web.Request) -> tuple[Link, Lesson]:
        """They may be used up by now. Raises Refusal 404, 410 `call_ended`, or 429."""
        found = await self._store.link(request.match_info["token"])
        if found is None:
            # Right ones are always answered: nobody guesses 128 bits, but one pupil who tries
            # would shut out all who share the school's address.
            wait = self._guesses.wrong(address(request), self._clock.steady())
            if wait > 0:
                raise Refusal(429, "rate_limited", "too many unknown links", retry_after=wait)
            raise Refusal(404, "not_found", "there is no such link")
        link, lesson = found
        if lesson.ended is not None:
            raise Refusal(410, "call_ended", "this lesson has been ended")
        return link, lesson
