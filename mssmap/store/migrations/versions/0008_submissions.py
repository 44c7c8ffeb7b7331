"""Submissions: changes to records that somebody handed in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mssmap.store.tables import Json

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "submission",
        sa.Column("submission_id", sa.String(80), primary_key=True),
        sa.Column("number", sa.Integer, unique=True, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(20), index=True, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("changed_at", sa.String(40), nullable=False),
        sa.Column("changed_by", sa.String(200), nullable=False),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("submission")
