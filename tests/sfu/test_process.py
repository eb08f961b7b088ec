"""`python -m sfu` from its start to its end."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.ports import free_port
from tests.sfu.signalman import Signalman
from zvonok.service import bus as service_bus
from zvonok.wire import bus
from zvonok.wire.bus import WantedSession

ROOT = Path(__file__).parents[2]


@pytest.fixture
def port() -> int:
    return free_port(socket.SOCK_DGRAM)


@asynccontextmanager
async def process(
    var: Path, redis_url: str, port: int
) -> AsyncIterator[asyncio.subprocess.Process]:
    environ = {
        "ZVONOK_VAR": str(var),
        "ZVONOK_REDIS_URL": redis_url,
        "ZVONOK_MEDIA_PORT": str(port),
        "ZVONOK_SUPERVISED": "1",
    }
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sfu", stdin=pipe, stdout=pipe, stderr=pipe, env=environ, cwd=ROOT
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        # Closes the pipes, too.
        await child.communicate()


async def test_serves_and_ends_in_order(tmp_path: Path, redis_url: str, port: int) -> None:
    redis = service_bus.connect(redis_url)
    async with process(tmp_path, redis_url, port) as child:
        assert child.stdout is not None
        assert await asyncio.wait_for(child.stdout.readline(), PATIENCE) == b"READY\n"
        signalman = Signalman(redis, "worker-1")
        await signalman.want(WantedSession(session="s1", participant=1, offer_id=1))
        await signalman.answered("s1")
        answer = await signalman.answer("s1")
        assert answer is not None
        assert f"127.0.0.1 {port} typ host" in answer
        child.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(child.wait(), PATIENCE) == 0
        assert await redis.get(bus.worker_key("worker-1")) is None
        assert await signalman.actual("s1") is not None
    await redis.aclose()
    assert not (tmp_path / "run" / "sfu-private.sock").exists()


async def test_ends_with_its_supervisor(tmp_path: Path, redis_url: str, port: int) -> None:
    async with process(tmp_path, redis_url, port) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert await asyncio.wait_for(child.stdout.readline(), PATIENCE) == b"READY\n"
        child.stdin.close()
        assert await asyncio.wait_for(child.wait(), PATIENCE) == 0
