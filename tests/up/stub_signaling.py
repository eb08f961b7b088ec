"""Stands in for signaling behind nginx: tells what arrived, echoes WebSockets."""

import sys

from aiohttp import web

from zvonok.service.door import serve_unix
from zvonok.service.run import Stop, ready, run
from zvonok.service.settings import load


async def tell(request: web.Request) -> web.Response:
    return web.json_response({name: request.headers.get(name, "") for name in request.query})


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data)
    return socket


async def serve(stop: Stop) -> None:
    app = web.Application()
    app.add_routes([web.route("*", "/api/tell", tell), web.get("/api/echo", echo)])
    async with serve_unix(app, load().socket("signaling"), drain=0.1):
        ready()
        await stop.wait()


if __name__ == "__main__":
    sys.exit(run(serve, process="signaling"))
