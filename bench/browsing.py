"""What benches with real browsers need: a running installation, and people who come to it."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.browsers import Browsers
from tests.e2e.crowd import Crowd
from tests.e2e.running import Running


@asynccontextmanager
async def browsing() -> AsyncIterator[tuple[Running, Crowd]]:
    """Both end with the block."""
    with tempfile.TemporaryDirectory() as folder, Running() as running:
        async with Browsers() as browsers, Crowd(browsers, Path(folder)) as crowd:
            yield running, crowd
