"""One endpoint of the HTTP interface: what is served, and what its documentation is made of."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec
from aiohttp import web

from zvonok.wire.errors import Refusal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Auth = Literal["none", "school", "moderator", "grant", "media"]
Body = TypeVar("Body")
MAX_BODY = 160 * 1024
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    method: Literal["GET", "POST", "PATCH", "DELETE", "OPTIONS"]
    path: str
    """In aiohttp's form: `/api/lessons/{lesson}`."""
    handler: Handler
    summary: str
    auth: Auth = "none"
    body: Any = None
    reply: Any = None
    status: int = 200
    errors: Sequence[int] = ()
    """Statuses ≥ 400 beside those that every endpoint may give."""


def route(endpoint: Endpoint) -> web.RouteDef:
    return web.route(endpoint.method, endpoint.path, endpoint.handler)


def json_reply(body: msgspec.Struct, status: int = 200) -> web.Response:
    """Never cached: what is said here is true only now."""
    return web.Response(
        body=_encode(body),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


async def unsniffed(_request: web.Request, reply: web.StreamResponse) -> None:
    """For `on_response_prepare`: no reply is taken for anything but what it says it is."""
    reply.headers["X-Content-Type-Options"] = "nosniff"


async def read_body(request: web.Request, kind: type[Body]) -> Body:
    """Raises Refusal 400 `bad_json`, 413 `too_large`, 415 `wrong_type`, 422 `invalid_body`."""
    if request.content_type != "application/json":
        raise Refusal(415, "wrong_type", "the body must be application/json")
    try:
        return msgspec.json.decode(await read_bytes(request), type=kind)
    except msgspec.ValidationError as error:
        raise Refusal(422, "invalid_body", "the body breaks a rule", reason=str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refusal(400, "bad_json", "the body is not JSON") from error


async def read_bytes(request: web.Request, limit: int = MAX_BODY) -> bytes:
    """The whole body. Raises Refusal 413 `too_large` or 415 `wrong_type`."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(415, "wrong_type", "the body must not be compressed")
    parts: list[bytes] = []
    if not request.can_read_body:
        return b""
    size = 0
    async for part in request.content.iter_chunked(1 << 16):
        size += len(part)
        if size > limit:
            raise Refusal(413, "too_large", "the body is too large", limit=limit)
        parts.append(part)
    return b"".join(parts)


def bearer(request: web.Request) -> str:
    """The bearer token (RFC 6750 §2.1). Raises Refusal 401 `no_token`."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refusal(401, "no_token", "a bearer token is needed")
    return token.strip()


def address(request: web.Request) -> str:
    """The client's, as nginx saw it; nobody else reaches our socket."""
    forwarded = request.headers.get("X-Forwarded-For", "")
    return forwarded.rpartition(",")[2].strip() or "local"
