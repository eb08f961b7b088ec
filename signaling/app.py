"""The process: what is served, and what it is made of."""

import asyncio
import os
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from zvonok.service import bus
from zvonok.service.door import serve_unix
from zvonok.service.health import private_app
from zvonok.service.run import Stop, ready
from zvonok.service.settings import Settings, load
from zvonok.service.storage import Database

from . import cross_origin
from .calls import Calls
from .clock import Clock
from .endpoints import route, unsniffed
from .failures import in_one_shape
from .front_door import front_door
from .grants import Grants
from .lessons import Lessons
from .links import InvitationLinks
from .metrics import Metrics
from .openapi import endpoint_for
from .seats import HeldSeats
from .store import Store
from .websocket import Sockets
from .whip import MediaEndpoints


@dataclass(frozen=True)
class Parts:
    """What a running process consists of."""

    app: web.Application
    calls: Calls
    sockets: Sockets
    metrics: Metrics

    async def stop(self) -> None:
        """Whoever is here, or still comes, is told to come to the next process."""
        self.calls.stop()
        await self.sockets.close()


@asynccontextmanager
async def running(settings: Settings, clock: Clock, me: str) -> AsyncIterator[Parts]:
    """Everything but the doors. `me`: the name of this process on the bus."""
    database = Database(settings.database_url)
    redis = bus.connect(settings.redis_url)
    try:
        store = Store(database)
        await store.migrate()
        metrics, grants = Metrics(), Grants(settings.secret)
        calls = Calls(redis, settings.redis_url, me, store, clock)
        sockets = Sockets(calls, store, grants, clock, metrics)
        metrics.watch(calls.gauges)
        endpoints = [
            *Lessons(calls, store, grants, settings.school_key, clock).endpoints(),
            *InvitationLinks(calls, store, grants, clock).endpoints(),
            *HeldSeats(calls, grants, clock).endpoints(),
            *MediaEndpoints("whip", calls, store, grants, clock).endpoints(),
            *MediaEndpoints("whep", calls, store, grants, clock).endpoints(),
            front_door(settings, clock),
        ]
        app = web.Application(middlewares=[cross_origin.shared, in_one_shape(metrics)])
        app.on_response_prepare.append(unsniffed)
        app.add_routes(
            [
                *(route(endpoint) for endpoint in [*endpoints, endpoint_for(endpoints)]),
                web.get("/api/call", sockets.serve),
            ]
        )
        async with calls.running():
            yield Parts(app, calls, sockets, metrics)
            await sockets.close()
    finally:
        await redis.aclose()
        await database.dispose()


async def main(stop: Stop) -> None:
    """Serves until asked to stop."""
    settings = load()
    clock = Clock(steady=asyncio.get_running_loop().time)
    me = f"{platform.node()}:{os.getpid()}"
    async with running(settings, clock, me) as parts:
        private = private_app(parts.metrics.registry, parts.calls.health)
        async with (
            serve_unix(private, settings.socket("signaling-private")),
            serve_unix(parts.app, settings.socket("signaling")),
        ):
            ready()
            await stop.wait()
            await parts.stop()
