"""The private door of a process: `/healthz` and `/metrics`, never proxied."""

from collections.abc import Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry

from zvonok.service import metrics

Health = Mapping[str, bool]
"""What the process needs in order to do its work, by name, and whether it has it."""


def private_app(registry: CollectorRegistry, health: Callable[[], Health]) -> web.Application:
    """`GET /healthz`: 200 when everything in `health()` is true, else 503; `GET /metrics`."""

    async def healthz(_request: web.Request) -> web.Response:
        state = dict(health())
        ok = all(state.values())
        return web.json_response({"ok": ok, "parts": state}, status=200 if ok else 503)

    async def show_metrics(_request: web.Request) -> web.Response:
        return web.Response(
            body=metrics.render(registry), headers={"Content-Type": metrics.CONTENT_TYPE}
        )

    app = web.Application()
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", show_metrics)])
    return app
