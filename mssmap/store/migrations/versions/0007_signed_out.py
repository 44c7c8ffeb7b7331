"""Cookies with which people have signed out, so that every server on the store knows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "signed_out", sa.Column("mark", sa.String(64), primary_key=True), sa.Column("at", sa.Float, nullable=False)
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("signed_out")
