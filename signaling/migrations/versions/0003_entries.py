"""Who entered by a link just now: asking again does not use it again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_table(
        "entries",
        sa.Column("link", sa.String(22), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("entered", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("link", "key", name="pk_entries"),
        sa.ForeignKeyConstraint(["link"], ["links.token"], name="fk_entries_link"),
    )


def downgrade() -> None:
    op.drop_table("entries")
