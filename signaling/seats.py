"""Seats that are held, over HTTP, for the browser that has one."""

from aiohttp import web

from zvonok.wire import rest

from .calls import Calls
from .clock import Clock
from .endpoints import Endpoint, json_reply, read_body
from .grants import RENEW_SECONDS, Grant, Grants
from .live_call import LiveCall


class HeldSeats:
    """Handlers; each raises Refusal."""

    def __init__(self, calls: Calls, grants: Grants, clock: Clock) -> None:
        self._calls = calls
        self._grants = grants
        self._clock = clock

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                method="POST",
                path="/api/seat",
                handler=self.look_up,
                summary="Whether the seat of a grant is held, and whether somebody sits there.",
                body=rest.OwnSeat,
                reply=rest.HeldSeat,
                errors=[401],
            ),
            Endpoint(
                method="POST",
                path="/api/seat/closed",
                handler=self.closed,
                summary="The page that had this seat is closing, or its person leaves.",
                body=rest.ClosedPage,
                status=204,
                errors=[401],
            ),
        ]

    async def look_up(self, request: web.Request) -> web.Response:
        own = await read_body(request, rest.OwnSeat)
        grant, call = self._found(own.grant)
        held = None if call is None else call.engine.look(own.resume, grant.id)
        return json_reply(held or rest.HeldSeat(held=False))

    async def closed(self, request: web.Request) -> web.Response:
        own = await read_body(request, rest.ClosedPage)
        grant, call = self._found(own.grant)
        if call is not None:
            now = self._clock.steady()
            page, left = own.page, own.left
            call.run(call.engine.closed(own.resume, grant.id, page, now, left=left))
        return web.Response(status=204)

    def _found(self, token: str) -> tuple[Grant, LiveCall | None]:
        """The grant and its call, if that runs here: none is begun to look for a seat."""
        grant = self._grants.grant(token, self._clock.wall(), late=RENEW_SECONDS)
        return grant, self._calls.running_call(grant.lesson)
