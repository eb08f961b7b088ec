"""Signaling itself on a socket of its own, with a real Redis and a worker that only pretends."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis.asyncio import Redis

from signaling.app import Parts, running
from signaling.call.told import SLOWEST_TICK
from signaling.clock import Clock
from signaling.store import Store
from tests.signaling.client import Client
from tests.signaling.fake_sfu import FakeSfu
from zvonok.service import bus
from zvonok.service.door import serve_unix
from zvonok.service.settings import Settings, load
from zvonok.service.storage import Database


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = bus.connect(redis_url)
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
    wall: float = 0.0
    """Of the wall clock alone."""
    stopped: float | None = None
    """When the steady clock was made to stand still."""

    def clock(self) -> Clock:
        loop = asyncio.get_running_loop()
        return Clock(
            wall=lambda: time.time() + self.seconds + self.wall,
            steady=lambda: (loop.time() if self.stopped is None else self.stopped) + self.seconds,
        )

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Meanwhile no limit is relieved, however long it takes to reach it."""
        self.stopped = asyncio.get_running_loop().time()
        try:
            yield
        finally:
            self.stopped = None


@dataclass
class School:
    """A running signaling process and what it takes to talk to it."""

    parts: Parts
    client: Client
    settings: Settings
    offset: Offset

    async def nudge(self, lesson: str) -> None:
        """After the clock was turned: does what is due by it."""
        call = await self.parts.calls.get(lesson)
        for _ in range(2):
            call.run(call.engine.advance(self.offset.clock().steady()))
            self.offset.seconds += SLOWEST_TICK  # What follows is told with the next tick.


@dataclass
class Schools:
    """Starts signaling processes that share Redis and the database."""

    settings: Settings
    offset: Offset
    started: int = 0

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
            await parts.stop()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which nothing is but the tables: to make them takes longer than most tests."""
    path = tmp_path_factory.mktemp("tables") / "zvonok.db"

    async def make() -> None:
        database = Database(f"sqlite+aiosqlite:///{path}")
        await Store(database).migrate()
        await database.dispose()

    asyncio.run(make())
    return path


@pytest.fixture
def settings(redis_url: str, tables: Path) -> Iterator[Settings]:
    # Not in pytest's own folder: its path may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="zv-") as var:
        shutil.copy(tables, var)
        yield load({"ZVONOK_VAR": var, "ZVONOK_REDIS_URL": redis_url})


@pytest.fixture
async def schools(settings: Settings) -> Schools:
    return Schools(settings, Offset())


@pytest.fixture
async def school(schools: Schools, sfu: FakeSfu) -> AsyncIterator[School]:
    async with schools.start() as started:
        yield started


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/zvonok.db"
    url: str = request.getfixturevalue("postgres_url")
    return url
