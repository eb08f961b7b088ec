"""Tables of what outlives a day: lessons, links, attendance; and who entered just now.

Times are seconds since 1970, UTC. `migrations/` makes them; a test compares the two.
"""

from sqlalchemy import Column, Double, ForeignKey, Index, Integer, MetaData, String, Table

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

lessons = Table(
    "lessons",
    metadata,
    Column("id", String(22), primary_key=True),
    Column("title", String(200), nullable=False),
    Column("created", Double, nullable=False),
    Column("ended", Double),
    Column("size", Integer, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("token", String(22), primary_key=True),
    Column("lesson", String(22), ForeignKey("lessons.id"), nullable=False),
    Column("role", String(16), nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double),
    Column("max_uses", Integer),
    Column("uses", Integer, nullable=False, server_default="0"),
    Column("revoked", Double),
    Index(None, "lesson"),
)

entries = Table(
    "entries",
    metadata,
    Column("link", String(22), ForeignKey("links.token"), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("entered", Double, nullable=False),
)

attendance = Table(
    "attendance",
    metadata,
    Column("session", String(22), primary_key=True),
    Column("lesson", String(22), ForeignKey("lessons.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("name", String(300), nullable=False),
    Column("role", String(16), nullable=False),
    Column("arrived", Double, nullable=False),
    Column("departed", Double),
    Index(None, "lesson"),
)
