"""SQL: what must outlive a day. SQLite in a file by default, PostgreSQL by URL."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Literal

from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

READERS = 4
"""Connections that read SQLite; each is a thread of its own."""
BUSY_MILLISECONDS = 5000
"""How long we wait for a writer in another process."""
SQLITE_PRAGMAS = (
    f"PRAGMA busy_timeout={BUSY_MILLISECONDS}",
    # What was acknowledged survives a power cut.
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
)
WAL_TRIES, WAL_PAUSE = 100, 0.02
"""Seconds between two tries."""


class Database:
    """Transactions that read and transactions that write; `dispose()` it.

    SQLite has one writer at a time and lets those who find another wait by sleeping, in no order,
    until some give up. So the process has one connection that writes, whose users queue, and
    others that read beside it (WAL) and never take the write lock.
    """

    def __init__(self, url: str) -> None:
        """`sqlite+aiosqlite:///path` or `postgresql+asyncpg://…`."""
        sqlite = make_url(url).get_backend_name() == "sqlite"
        self.kind: Literal["sqlite", "postgresql"] = "sqlite" if sqlite else "postgresql"
        if sqlite:
            self.writer = _sqlite(url, 1, "BEGIN IMMEDIATE", SQLITE_PRAGMAS)
            reads = (*SQLITE_PRAGMAS, "PRAGMA query_only=ON")
            self.reader = _sqlite(url, READERS, "BEGIN", reads)
        else:
            self.writer = self.reader = create_async_engine(url, pool_pre_ping=True)
        self.failing = False
        """A transaction failed, and since then none was written; for health."""

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction: on the disk when the block was left, undone when it raised."""
        with self._watched():
            async with self.writer.begin() as connection:
                yield connection
        self.failing = False

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """One transaction that changes nothing and waits for no writer."""
        with self._watched():
            async with self.reader.connect() as connection:
                yield connection

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            # What was asked for is against the rules: the database is well.
            raise
        except (SQLAlchemyError, OSError):
            self.failing = True
            raise

    async def dispose(self) -> None:
        await self.writer.dispose()
        await self.reader.dispose()


def _sqlite(url: str, connections: int, begin: str, pragmas: tuple[str, ...]) -> AsyncEngine:
    def prepare(connection: Any, _record: object) -> None:
        # The driver would otherwise begin transactions by itself, and only before some statements.
        connection.isolation_level = None
        cursor = connection.cursor()
        _turn_on_wal(cursor)
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    def begun(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail beside another process's;
        # taking the write lock at the start makes it wait for its turn instead.
        connection.exec_driver_sql(begin)

    engine = create_async_engine(url, pool_size=connections, max_overflow=0)
    event.listen(engine.sync_engine, "connect", prepare)
    event.listen(engine.sync_engine, "begin", begun)
    return engine


def _turn_on_wal(cursor: Any) -> None:
    # It needs the file for itself, and SQLite gives up at once when another process is doing it.
    for left in reversed(range(WAL_TRIES)):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if not left:
                raise
            await_only(asyncio.sleep(WAL_PAUSE))
        else:
            return
