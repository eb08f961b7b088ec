"""A private Redis, databases of both kinds, and signaling itself on a socket of its own."""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from redis.asyncio import Redis
from zvonok.service.door import serve_unix
from zvonok.service.settings import Settings, load

from signaling.app import Parts, running
from signaling.clock import Clock
from tests.signaling.client import Client
from tests.signaling.fake_sfu import FakeSfu


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Short, for sockets; not below pytest's own folders, which others may not enter."""
    path = Path(tempfile.mkdtemp(prefix="zv-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server(folder: Path) -> Iterator[str]:
    """URL of a Redis that nobody else uses."""
    socket = folder / "redis.sock"
    command = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", ""]
    process = subprocess.Popen(
        [*command, "--dir", str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(socket.exists, process)
        yield f"unix://{socket}"
    finally:
        process.kill()
        process.wait()


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[Redis]:
    """Empty at the start of each test."""
    client = Redis.from_url(redis_server)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def sfu(redis: Redis) -> AsyncIterator[FakeSfu]:
    async with FakeSfu(redis, "worker-1").running() as worker:
        yield worker


@dataclass
class Offset:
    """Moves the clocks of the process under test forward."""

    seconds: float = 0.0

    def clock(self) -> Clock:
        loop = asyncio.get_running_loop()
        return Clock(
            wall=lambda: time.time() + self.seconds, steady=lambda: loop.time() + self.seconds
        )


@dataclass
class School:
    """A running signaling process and what it takes to talk to it."""

    parts: Parts
    client: Client
    settings: Settings
    offset: Offset


@dataclass
class Schools:
    """Starts signaling processes that share Redis and the database."""

    settings: Settings
    offset: Offset
    started: int = field(default=0)

    @asynccontextmanager
    async def start(self) -> AsyncIterator[School]:
        self.started += 1
        name = f"signaling-{self.started}"
        path = self.settings.socket(name)
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(
                running(self.settings, self.offset.clock(), name)
            )
            await stack.enter_async_context(serve_unix(parts.app, path, drain=0.1))
            client = await stack.enter_async_context(Client(path, self.settings.school_key))
            yield School(parts, client, self.settings, self.offset)
            await parts.sockets.close()


@pytest.fixture
def settings(folder: Path, redis: Redis, redis_server: str) -> Iterator[Settings]:
    var = Path(tempfile.mkdtemp(dir=folder))
    environ = {"ZVONOK_VAR": str(var), "ZVONOK_REDIS_URL": redis_server}
    yield load(environ)
    shutil.rmtree(var)


@pytest.fixture
async def schools(settings: Settings) -> Schools:
    return Schools(settings, Offset())


@pytest.fixture
async def school(schools: Schools, sfu: FakeSfu) -> AsyncIterator[School]:
    async with schools.start() as started:
        yield started


# ── databases ──


@pytest.fixture(scope="session")
def postgres_server(folder: Path) -> Iterator[str]:
    """URL of a PostgreSQL that nobody else uses, run as a user without rights."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed")
    home = folder / "postgres"
    home.mkdir()
    prefix: list[str] = []
    if os.geteuid() == 0:
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]
        os.chown(home, 65534, 65534)
    data = home / "data"
    initdb = [*prefix, str(programs / "initdb"), "-D", str(data), "-U", "zvonok", "-A", "trust"]
    subprocess.run([*initdb, "-E", "UTF8", "--no-sync"], check=True, capture_output=True)
    options = ["-k", str(home), "-c", "listen_addresses=", "-c", "fsync=off"]
    process = subprocess.Popen(
        [*prefix, str(programs / "postgres"), "-D", str(data), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=home,
    )
    try:
        ready = [str(programs / "pg_isready"), "-h", str(home), "-U", "zvonok", "-q"]
        _wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, process)
        yield f"postgresql+asyncpg://zvonok@/postgres?host={home}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/zvonok.db"
    server: str = request.getfixturevalue("postgres_server")
    return server


@pytest.fixture
def on_postgres(settings: Settings, postgres_server: str) -> Settings:
    return replace(settings, database_url=postgres_server)


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return found[-1].parent if found else None


def _wait_for(condition: "object", process: "subprocess.Popen[bytes]") -> None:
    assert callable(condition)
    deadline = time.monotonic() + 20
    while not condition():
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.02)
