"""Pages of other origins may use WHIP and WHEP: what they need to know is not a secret, and what
they may do is said by a bearer token, never by a cookie."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from zvonok.wire.cross_origin import HEADERS, PATHS


def preflight(methods: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """The reply to OPTIONS where `methods` are what there is."""
    return web.Response(
        status=204,
        headers={
            "Allow": methods,
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
            "Access-Control-Max-Age": "86400",
            **(headers or {}),
        },
    )


@web.middleware
async def shared(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Lets pages read replies, errors too; so it goes around what makes replies of errors."""
    reply = await handler(request)
    if request.path.startswith(PATHS):
        reply.headers.update(HEADERS)
    return reply
