"""Lessons, links and attendance in both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, event, select
from sqlalchemy.util import await_only

from signaling.store import ENTRY_SECONDS, Lesson, Link, Store, Visit
from signaling.tables import attendance, entries, metadata
from zvonok.service.storage import Database

LESSON = Lesson(id="lesson", title="Русский язык", created=100.5, ended=None, size=60)
LINK = Link(
    token="link",
    lesson="lesson",
    role="participant",
    created=100.5,
    expires=200.0,
    max_uses=2,
    uses=0,
    revoked=None,
)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.dispose()


@pytest.fixture
async def store(database: Database) -> Store:
    store = Store(database)
    await store.migrate()
    await store.add_lesson(LESSON, [LINK, replace(LINK, token="host", role="host")])
    return store


async def test_the_migrations_make_the_tables_of_the_code(store: Store, database: Database) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    async with database.reading() as connection:
        assert await connection.run_sync(differences) == []


async def test_several_processes_may_migrate_at_once(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(3)]
    await asyncio.gather(*(Store(one).migrate() for one in databases))
    for one in databases:
        assert await Store(one).lesson("lesson") is None
        await one.dispose()


async def test_lessons_are_kept_and_end_once(store: Store) -> None:
    assert await store.lesson("lesson") == LESSON
    assert await store.lesson("other") is None
    assert await store.end_lesson("lesson", 150.0)
    assert not await store.end_lesson("lesson", 160.0)
    assert await store.lesson("lesson") == replace(LESSON, ended=150.0)


async def test_a_lesson_changes_its_size(store: Store) -> None:
    await store.resize_lesson("lesson", 100)
    assert await store.lesson("lesson") == replace(LESSON, size=100)


async def test_links_lead_to_their_lesson(store: Store) -> None:
    assert await store.link("link") == (LINK, LESSON)
    assert await store.link("nothing") is None
    await store.add_link(replace(LINK, token="later", created=101.0, expires=None, max_uses=None))
    assert [link.token for link in await store.links("lesson")] == ["host", "link", "later"]
    assert await store.links("other") == []


async def test_a_link_is_used_as_often_as_it_may_be(store: Store) -> None:
    used = await asyncio.gather(*(store.use_link("link", 150.0) for _ in range(5)))
    assert sorted(used) == [False, False, False, True, True]
    found = await store.link("link")
    assert found is not None
    assert found[0].uses == 2
    refusal = found[0].refusal(150.0)
    assert refusal is not None
    assert refusal.body.code == "link_used_up"


async def test_two_processes_let_nobody_in_twice_by_one_use(
    store: Store, database_url: str
) -> None:
    other = Database(database_url)
    links = [replace(LINK, token=f"once {n}", max_uses=1) for n in range(20)]
    for link in links:
        await store.add_link(link)
    for link in links:
        used = await asyncio.gather(
            *(process.use_link(link.token, 150.0) for process in (store, Store(other)))
        )
        assert sorted(used) == [False, True]
    await other.dispose()


async def test_the_same_entry_uses_a_link_once(store: Store, database: Database) -> None:
    """At once, and later when the link is used up or has expired; not when it was revoked."""

    async def use(*keys: str | None, now: float = 150.0) -> list[bool]:
        return await asyncio.gather(*(store.use_link("link", now, key) for key in keys))

    async def uses() -> int:
        found = await store.link("link")
        assert found is not None
        return found[0].uses

    assert await use("a" * 16, "a" * 16, "b" * 64) == [True, True, True]
    assert await uses() == 2
    assert await use("c" * 16, None, "a" * 16) == [False, False, True]
    assert await use("b" * 64, "c" * 16, now=201.0) == [True, False]
    assert await use("a" * 16, now=150.0 + ENTRY_SECONDS) == [False], "it is forgotten"
    async with database.reading() as connection:
        assert (
            await connection.execute(select(entries).where(entries.c.link == "link"))
        ).all() == []
    assert await uses() == 2


async def test_entries_by_several_links_at_once_are_known_again(store: Store) -> None:
    tokens = ("link", "host", "third")
    await store.add_link(replace(LINK, token="third"))
    for _ in range(3):
        again = [store.use_link(token, 150.0, f"key of {token} 1234") for token in tokens]
        assert await asyncio.gather(*again) == [True, True, True]
    assert [link.uses for link in await store.links("lesson")] == [1, 1, 1]


async def test_who_has_entered_is_shut_out_by_revoking(store: Store) -> None:
    assert await store.use_link("link", 150.0, "a" * 16)
    await store.revoke_link("lesson", "link", 151.0)
    assert not await store.use_link("link", 152.0, "a" * 16)


async def test_a_burst_is_one_transaction_however_slow_the_disk(
    store: Store, database: Database
) -> None:
    await store.add_link(replace(LINK, token="open", max_uses=None, expires=None))
    commits = 0

    def slow(_connection: Connection) -> None:
        nonlocal commits
        commits += 1
        await_only(asyncio.sleep(0.03))

    event.listen(database.writer.sync_engine, "commit", slow)
    tokens = ["open", "link", "nothing"] * 100
    used, found = await asyncio.gather(
        asyncio.gather(*(store.use_link(token, 150.0) for token in tokens)),
        asyncio.gather(*(store.link("open") for _ in range(300))),
    )
    assert [used[tokens.index(token) :: 3].count(True) for token in tokens[:3]] == [100, 2, 0]
    assert commits <= 3
    assert None not in found
    kept = await store.link("open")
    assert kept is not None
    assert kept[0].uses == 100, "acknowledged is stored"


async def test_an_expired_link_is_not_used(store: Store) -> None:
    assert await store.use_link("link", 199.9)
    assert not await store.use_link("link", 200.0)
    refusal = LINK.refusal(200.0)
    assert refusal is not None
    assert refusal.body.code == "link_expired"
    assert LINK.refusal(199.9) is None


async def test_a_revoked_link_is_not_used(store: Store) -> None:
    assert not await store.revoke_link("other", "link", 120.0)
    assert await store.revoke_link("lesson", "link", 120.0)
    assert await store.revoke_link("lesson", "link", 130.0)
    assert not await store.use_link("link", 150.0)
    found = await store.link("link")
    assert found is not None
    assert found[0].revoked == 120.0
    refusal = found[0].refusal(150.0)
    assert refusal is not None
    assert refusal.body.code == "link_revoked"


async def test_attendance_is_written_once(store: Store, database: Database) -> None:
    visit = Visit("session", "lesson", 1, "Ёж", "guest", 110.0)
    await store.arrived([visit])
    await store.arrived([replace(visit, arrived=115.0), replace(visit, session="second")])
    await store.departed({"session": 140.0, "unknown": 141.0})
    async with database.reading() as connection:
        rows = await connection.execute(select(attendance).order_by(attendance.c.session))
        assert [tuple(row) for row in rows] == [
            ("second", "lesson", 1, "Ёж", "guest", 110.0, None),
            ("session", "lesson", 1, "Ёж", "guest", 110.0, 140.0),
        ]


async def test_a_lesson_that_is_not_there_costs_no_other_its_attendance(
    store: Store, database: Database
) -> None:
    """The database may be an older copy than what Redis has."""
    visit = Visit("session", "lesson", 1, "Ёж", "guest", 110.0)
    lost = replace(visit, session="lost", lesson="of another time")
    assert await store.arrived([lost, visit]) == [lost]
    assert await store.arrived([lost]) == [lost]
    async with database.reading() as connection:
        assert list(await connection.scalars(select(attendance.c.session))) == ["session"]
