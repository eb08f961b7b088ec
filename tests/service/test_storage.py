import asyncio
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from zvonok.service.storage import Database


def sqlite_url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/test.db"


async def test_sqlite_survives_a_power_cut_and_checks_references(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    async with database.writing() as connection:
        assert (await connection.execute(text("PRAGMA journal_mode"))).scalar() == "wal"
        assert (await connection.execute(text("PRAGMA synchronous"))).scalar() == 2
        await connection.execute(text("CREATE TABLE a (id INTEGER PRIMARY KEY)"))
        await connection.execute(text("CREATE TABLE b (a INTEGER REFERENCES a (id))"))
    with pytest.raises(IntegrityError):
        async with database.writing() as connection:
            await connection.execute(text("INSERT INTO b VALUES (1)"))
    await database.dispose()


async def test_sqlite_undoes_a_whole_transaction(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    connection = await database.writer.connect()
    await connection.begin()
    await connection.execute(text("CREATE TABLE a (id INTEGER)"))
    await connection.close()
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT * FROM sqlite_master"))).all() == []
    await database.dispose()


async def test_writers_that_read_first_take_turns(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        await connection.execute(text("INSERT INTO counter VALUES (0)"))

    async def add_one() -> None:
        async with database.writing() as connection:
            value = (await connection.execute(text("SELECT value FROM counter"))).scalar_one()
            await connection.execute(text("UPDATE counter SET value = :v"), {"v": value + 1})

    await asyncio.gather(*(add_one() for _ in range(20)))
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT value FROM counter"))).scalar() == 20
    await database.dispose()


async def test_readers_neither_wait_for_a_writer_nor_write(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        await connection.execute(text("INSERT INTO counter VALUES (0)"))
    async with database.writing() as writer:
        await writer.execute(text("UPDATE counter SET value = 1"))
        async with database.reading() as reader:
            assert (await reader.execute(text("SELECT value FROM counter"))).scalar() == 0
            with pytest.raises(OperationalError, match="readonly"):
                await reader.execute(text("UPDATE counter SET value = 2"))
    async with database.reading() as reader:
        assert (await reader.execute(text("SELECT value FROM counter"))).scalar() == 1
    await database.dispose()


async def test_postgresql_by_url(postgres_url: str) -> None:
    database = Database(postgres_url)
    async with database.writing() as connection:
        await connection.execute(text("CREATE TABLE a (id INTEGER)"))
        await connection.execute(text("INSERT INTO a VALUES (7)"))
    async with database.reading() as connection:
        assert (await connection.execute(text("SELECT id FROM a"))).scalar() == 7
    await database.dispose()
