"""Lessons, links and attendance in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, bindparam, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from zvonok.service.storage import Database
from zvonok.wire.errors import Refusal
from zvonok.wire.rest import LinkRole

from .group_commit import GroupCommit
from .tables import attendance, entries, lessons, links

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x7A766F6E
"""PostgreSQL's advisory lock under which tables are changed."""
ENTRY_SECONDS = 600.0
"""How long an entry is known by its key."""


@dataclass(frozen=True)
class Lesson:
    id: str
    title: str
    created: float
    ended: float | None
    size: int
    """How many people it is for, beside moderators."""


@dataclass(frozen=True)
class Link:
    token: str
    lesson: str
    role: LinkRole
    created: float
    expires: float | None
    max_uses: int | None
    uses: int
    revoked: float | None

    def refusal(self, now: float) -> Refusal | None:
        """Why nobody may enter by it any more."""
        if self.revoked is not None:
            return Refusal(410, "link_revoked", "this link was revoked")
        if self.expires is not None and self.expires <= now:
            return Refusal(410, "link_expired", "this link has expired")
        if self.max_uses is not None and self.uses >= self.max_uses:
            return Refusal(410, "link_used_up", "this link was used as often as it may be")
        return None

    def admits(self, now: float, *, again: bool) -> bool:
        """`again`: who has entered by it already, so that only revoking shuts him out."""
        return self.revoked is None if again else self.refusal(now) is None


@dataclass(frozen=True)
class Visit:
    """One person's stay in a lesson."""

    session: str
    lesson: str
    number: int
    name: str
    role: str
    arrived: float


@dataclass(frozen=True)
class Entry:
    """One use of a link; `key` is known to whoever asks again for the same."""

    link: str
    key: str | None
    now: float


class Store:
    """Every method is one transaction; what it returned from is on the disk."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._uses = GroupCommit(self._use_links)

    @property
    def failing(self) -> bool:
        """A transaction failed, and since then none was written; for health."""
        return self._database.failing

    async def try_writing(self) -> None:
        """Writes what is there already, to see whether that can be done again."""
        async with self._database.writing() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = version_num"))

    async def migrate(self) -> None:
        """Brings the tables to this version; several processes may call it at once."""
        async with self._database.writing() as connection:
            if self._database.kind == "postgresql":
                await connection.execute(
                    text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK}
                )
            await connection.run_sync(_upgrade)

    async def add_lesson(self, lesson: Lesson, first_links: Sequence[Link]) -> None:
        async with self._database.writing() as connection:
            await connection.execute(lessons.insert(), vars(lesson))
            await connection.execute(links.insert(), [vars(link) for link in first_links])

    async def lesson(self, lesson: str) -> Lesson | None:
        async with self._database.reading() as connection:
            row = (await connection.execute(select(lessons).where(lessons.c.id == lesson))).first()
        return None if row is None else Lesson(*row)

    async def end_lesson(self, lesson: str, now: float) -> bool:
        """False: it was ended before."""
        statement = update(lessons).where(lessons.c.id == lesson, lessons.c.ended.is_(None))
        async with self._database.writing() as connection:
            return (await connection.execute(statement.values(ended=now))).rowcount == 1

    async def resize_lesson(self, lesson: str, size: int) -> None:
        statement = update(lessons).where(lessons.c.id == lesson)
        async with self._database.writing() as connection:
            await connection.execute(statement.values(size=size))

    async def add_link(self, link: Link) -> None:
        async with self._database.writing() as connection:
            await connection.execute(links.insert(), vars(link))

    async def links(self, lesson: str) -> list[Link]:
        """The oldest first."""
        statement = select(links).where(links.c.lesson == lesson)
        async with self._database.reading() as connection:
            rows = await connection.execute(statement.order_by(links.c.created, links.c.token))
            return [Link(*row) for row in rows]

    async def link(self, token: str) -> tuple[Link, Lesson] | None:
        statement = select(links, lessons).join(lessons).where(links.c.token == token)
        async with self._database.reading() as connection:
            row = (await connection.execute(statement)).first()
        if row is None:
            return None
        columns = len(links.c)
        return Link(*row[:columns]), Lesson(*row[columns:])

    async def revoke_link(self, lesson: str, token: str, now: float) -> bool:
        """False: this lesson has no such link. Revoking twice is no error."""
        statement = update(links).where(links.c.token == token, links.c.lesson == lesson)
        async with self._database.writing() as connection:
            changed = await connection.execute(
                statement.values(revoked=func.coalesce(links.c.revoked, now))
            )
            return changed.rowcount == 1

    async def use_link(self, token: str, now: float, key: str | None = None) -> bool:
        """Counts one use, unless the same `key` did just now; False: it may not be used."""
        return await self._uses.submit(Entry(token, key, now))

    async def _use_links(self, uses: list[Entry]) -> list[bool]:
        """Whoever came first is served first."""
        found: dict[str, Link] = {}
        known: set[tuple[str, str]] = set()
        allowed = []
        async with self._database.writing() as connection:
            # In one order, so that two processes do not wait for each other.
            for token in sorted({use.link for use in uses}):
                statement = select(links).where(links.c.token == token).with_for_update()
                row = (await connection.execute(statement)).first()
                if row is not None:
                    found[token] = Link(*row)
                    known |= await _recent_entries(connection, token, uses)
            before, entered = dict(found), []
            for use in uses:
                link = found.get(use.link)
                again = use.key is not None and (use.link, use.key) in known
                allowed.append(link is not None and link.admits(use.now, again=again))
                if link is None or again or not allowed[-1]:
                    continue
                found[use.link] = replace(link, uses=link.uses + 1)
                if use.key is not None:
                    known.add((use.link, use.key))
                    entered.append({"link": use.link, "key": use.key, "entered": use.now})
            for token, link in found.items():
                if link.uses != before[token].uses:
                    changed = update(links).where(links.c.token == token)
                    await connection.execute(changed.values(uses=link.uses))
            if entered:
                await connection.execute(entries.insert(), entered)
        return allowed

    async def arrived(self, visits: Sequence[Visit]) -> list[Visit]:
        """Visits that are known already stay as they are.

        Returns those of lessons that are not there, as after a return to an older copy.
        """
        insert = postgresql.insert if self._database.kind == "postgresql" else sqlite.insert
        statement = insert(attendance).on_conflict_do_nothing(index_elements=["session"])
        named = select(lessons.c.id).where(lessons.c.id.in_({visit.lesson for visit in visits}))
        async with self._database.writing() as connection:
            known = set(await connection.scalars(named))
            rows = [vars(visit) for visit in visits if visit.lesson in known]
            if rows:
                await connection.execute(statement, rows)
        return [visit for visit in visits if visit.lesson not in known]

    async def departed(self, times: dict[str, float]) -> None:
        """`times`: when each session ended."""
        statement = update(attendance).where(attendance.c.session == bindparam("of"))
        rows = [{"of": session, "time": time} for session, time in times.items()]
        async with self._database.writing() as connection:
            await connection.execute(statement.values(departed=bindparam("time")), rows)


async def _recent_entries(
    connection: AsyncConnection, token: str, uses: Sequence[Entry]
) -> set[tuple[str, str]]:
    """Link and key of those of these uses that are entries already; older ones are forgotten."""
    mine = [use for use in uses if use.link == token and use.key is not None]
    if not mine:
        return set()
    of_link = entries.c.link == token
    old = entries.c.entered <= max(use.now for use in mine) - ENTRY_SECONDS
    await connection.execute(delete(entries).where(of_link, old))
    keys = [use.key for use in mine]
    statement = select(entries.c.link, entries.c.key).where(of_link, entries.c.key.in_(keys))
    return {(link, key) for link, key in await connection.execute(statement)}


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
