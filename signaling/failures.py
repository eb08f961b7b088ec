"""The one error shape over HTTP, whatever went wrong."""

import math
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from zvonok.wire.errors import ErrorReply, Refusal

from .endpoints import json_reply
from .metrics import Metrics

CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
log = structlog.get_logger()


def refused(refusal: Refusal) -> web.Response:
    """The reply to a request that is refused."""
    reply = json_reply(ErrorReply(refusal.body), refusal.status)
    retry_after = refusal.body.details.get("retry_after")
    if retry_after is not None:
        reply.headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if refusal.status == 401:
        reply.headers["WWW-Authenticate"] = "Bearer"
    return reply


def in_one_shape(metrics: Metrics) -> Middleware:
    """Turns whatever a handler raises into a reply; counts requests by route."""

    @web.middleware
    async def middleware(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            reply = await handler(request)
        except Refusal as refusal:
            metrics.refusals.labels(refusal.body.code).inc()
            reply = refused(refusal)
        except web.HTTPException as error:
            code = CODES.get(error.status, "bad_request")
            reply = refused(Refusal(error.status, code, error.reason))
            if "Allow" in error.headers:
                reply.headers["Allow"] = error.headers["Allow"]
        except (RedisError, SQLAlchemyError, OSError) as error:
            log.warning("storage away", error=str(error))
            reply = refused(Refusal(503, "unavailable", "try again", retry_after=1))
        except Exception:
            log.exception("request failed")
            reply = refused(Refusal(500, "internal", "something is broken here"))
        resource = request.match_info.route.resource
        metrics.requests.labels(
            resource.canonical if resource is not None else "", str(reply.status)
        ).inc()
        return reply

    return middleware
