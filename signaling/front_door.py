"""Tells the page the address under which others reach it."""

from aiohttp import web

from zvonok.service.addresses import https_origin, reachable_addresses, shown_addresses
from zvonok.service.settings import Settings
from zvonok.wire import rest

from .endpoints import Endpoint, json_reply


def front_door(settings: Settings) -> Endpoint:
    """A teacher opens the page as `localhost`; the links he passes on must lead others here too."""

    async def show(_: web.Request) -> web.Response:
        found = shown_addresses(reachable_addresses(settings.public_addresses))
        origin = https_origin(found[0], settings.https_port) if found else None
        return json_reply(rest.FrontDoor(origin=origin))

    return Endpoint(
        method="GET",
        path="/api/front-door",
        handler=show,
        summary="Where other machines find this installation.",
        reply=rest.FrontDoor,
    )
