"""Tells the page the address under which others reach it."""

from aiohttp import web

from zvonok.service.addresses import https_origin, reachable_addresses, shown_addresses
from zvonok.service.settings import Settings
from zvonok.wire import rest

from .clock import Clock
from .endpoints import Endpoint, json_reply

KNOWN_SECONDS = 5.0
"""Pages ask here whether the server is back, all at once, and each look at the machine's interfaces
holds everybody up."""


def front_door(settings: Settings, clock: Clock) -> Endpoint:
    """A teacher opens the page as `localhost`; the links he passes on must lead others here too."""

    known: rest.FrontDoor | None = None
    until = 0.0

    async def show(_: web.Request) -> web.Response:
        nonlocal known, until
        now = clock.steady()
        if known is None or now >= until:
            found = shown_addresses(reachable_addresses(settings.public_addresses))
            origin = https_origin(found[0], settings.https_port) if found else None
            known, until = rest.FrontDoor(origin=origin), now + KNOWN_SECONDS
        return json_reply(known)

    return Endpoint(
        method="GET",
        path="/api/front-door",
        handler=show,
        summary="Where other machines find this installation.",
        reply=rest.FrontDoor,
    )
