"""Real servers for tests: private, on unix sockets, gone when the tests are."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest
import redis
from redis.asyncio import Redis

from tests.leash import LEASH

START_SECONDS = 20.0
UNPRIVILEGED = "nobody"


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Path]:
    """The socket of a Redis that keeps nothing."""
    with tempfile.TemporaryDirectory(prefix="zvonok-redis-") as folder:
        path = Path(folder) / "redis.sock"
        options = ("--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder)
        with _running((*LEASH, "redis-server", *options), path.exists):
            yield path


@pytest.fixture
def redis_url(redis_server: Path) -> str:
    """The URL of an empty Redis."""
    url = f"unix://{redis_server}"
    with redis.Redis.from_url(url) as client:
        client.flushall()
    return url


@asynccontextmanager
async def full(server: Redis) -> AsyncIterator[None]:
    """Within the block it answers all that is asked, and takes nothing."""
    await server.config_set("maxmemory", "1")
    try:
        yield
    finally:
        await server.config_set("maxmemory", "0")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Path]:
    """The folder with the socket of a PostgreSQL cluster of its own, which trusts us.

    PostgreSQL refuses to run as root; under root it runs as nobody.
    """
    binaries = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not binaries:
        pytest.fail("PostgreSQL is not installed: run tools/setup.sh test")
    bin_folder = binaries[-1].parent
    with tempfile.TemporaryDirectory(prefix="zvonok-postgres-") as name:
        folder = Path(name)
        leash: tuple[str, ...] = LEASH
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            os.chown(folder, user.pw_uid, user.pw_gid)
            group = f"--regid={user.pw_gid}"
            # The inner one: a change of user takes the leash off.
            leash = ("setpriv", f"--reuid={user.pw_uid}", group, "--clear-groups", *LEASH)
        data = folder / "data"
        subprocess.run(
            (*leash, str(bin_folder / "initdb"), "-D", str(data), "-U", "zvonok", "-A", "trust")
            + ("-E", "UTF8", "--locale=C", "--no-sync"),
            check=True,
            capture_output=True,
            cwd="/",
        )
        options = ("-D", str(data), "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off")
        with _running(
            (*leash, str(bin_folder / "postgres"), *options), (folder / ".s.PGSQL.5432").exists
        ):
            yield folder


@pytest.fixture
def postgres_url(postgres_server: Path) -> str:
    """The URL of an empty database, for SQLAlchemy."""
    name = f"test_{time.monotonic_ns()}"
    asyncio.run(_create_database(postgres_server, name))
    return f"postgresql+asyncpg://zvonok@/{name}?host={postgres_server}"


async def _create_database(folder: Path, name: str) -> None:
    import asyncpg

    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            connection = await asyncpg.connect(
                host=str(folder), user="zvonok", database="postgres", ssl=False
            )
        except asyncpg.CannotConnectNowError:
            if time.monotonic() > give_up:
                raise
            await asyncio.sleep(0.05)
        else:
            break
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


@contextmanager
def _running(argv: tuple[str, ...], ready: Callable[[], bool]) -> Iterator[None]:
    assert shutil.which(argv[0]), f"{argv[0]} is not installed: run tools/setup.sh test"
    with tempfile.TemporaryFile() as output:
        # Newer Redis ends where the locale of the environment is not installed.
        environ = {**os.environ, "LC_ALL": "C"}
        process = subprocess.Popen(argv, stdout=output, stderr=output, cwd="/", env=environ)
        try:
            give_up = time.monotonic() + START_SECONDS
            while not ready():
                if process.poll() is not None or time.monotonic() > give_up:
                    output.seek(0)
                    pytest.fail(f"{argv} does not start: {output.read().decode()}")
                time.sleep(0.02)
            yield
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
