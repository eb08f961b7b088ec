"""HTTP on a unix socket: how every process is reached, by nginx or by the operator."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web


@asynccontextmanager
async def serve_unix(
    app: web.Application, path: Path, *, drain: float = 2.0
) -> AsyncIterator[None]:
    """Serves `app` on the socket `path` while the block runs.

    Leaving the block waits up to `drain` seconds for requests under way. A socket left behind
    by a process that died is replaced. Raises OSError.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=drain)
    await runner.setup()
    try:
        path.unlink(missing_ok=True)
        site = web.UnixSite(runner, path)
        await site.start()
        path.chmod(0o600)
        yield
    finally:
        await runner.cleanup()
        await asyncio.to_thread(path.unlink, missing_ok=True)
