"""How many people a lesson is for."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    # Lessons made before had room for everybody.
    op.add_column("lessons", sa.Column("size", sa.Integer, nullable=False, server_default="2000"))


def downgrade() -> None:
    op.drop_column("lessons", "size")
