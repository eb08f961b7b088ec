"""Lessons, their links, and who attended."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "lessons",
        sa.Column("id", sa.String(22), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("ended", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_lessons"),
    )
    op.create_table(
        "links",
        sa.Column("token", sa.String(22), nullable=False),
        sa.Column("lesson", sa.String(22), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double),
        sa.Column("max_uses", sa.Integer),
        sa.Column("uses", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revoked", sa.Double),
        sa.PrimaryKeyConstraint("token", name="pk_links"),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name="fk_links_lesson"),
    )
    op.create_index("ix_links_lesson", "links", ["lesson"])
    op.create_table(
        "attendance",
        sa.Column("session", sa.String(22), nullable=False),
        sa.Column("lesson", sa.String(22), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("arrived", sa.Double, nullable=False),
        sa.Column("departed", sa.Double),
        sa.PrimaryKeyConstraint("session", name="pk_attendance"),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name="fk_attendance_lesson"),
    )
    op.create_index("ix_attendance_lesson", "attendance", ["lesson"])


def downgrade() -> None:
    op.drop_table("attendance")
    op.drop_table("links")
    op.drop_table("lessons")
