"""HTTP on a unix socket: how every process is reached, by nginx or by the operator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from aiohttp import web

from zvonok.service.descriptors import BACKLOG, backlog_limit

log = structlog.get_logger()


@asynccontextmanager
async def serve_unix(
    app: web.Application, path: Path, *, drain: float = 2.0
) -> AsyncIterator[None]:
    """Serves `app` on the socket `path` while the block runs.

    Leaving the block waits up to `drain` seconds for requests under way. A socket left behind
    by a process that died is replaced. Raises OSError.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        handle_signals=False,
        shutdown_timeout=drain,
        # Nobody here takes compressed bodies. One that is not what it says ends the connection
        # after its reply, and nginx may have given that to somebody else's request by then.
        auto_decompress=False,
    )
    await runner.setup()
    try:
        path.unlink(missing_ok=True)
        if backlog_limit() < BACKLOG:
            log.warning("net.core.somaxconn is small", is_now=backlog_limit(), wanted=BACKLOG)
        site = web.UnixSite(runner, path, backlog=BACKLOG)
        await site.start()
        path.chmod(0o600)
        yield
    finally:
        await runner.cleanup()
        await asyncio.to_thread(path.unlink, missing_ok=True)
