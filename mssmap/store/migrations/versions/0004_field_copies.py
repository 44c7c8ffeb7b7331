"""Conflicts of field copies, and who has a plan open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from mssmap.store.tables import Json

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "conflict",
        sa.Column("conflict_id", sa.String(80), primary_key=True),
        sa.Column("entity", sa.String(20), nullable=False),
        sa.Column("entity_id", sa.String(80), nullable=False),
        sa.Column("branch", sa.String(80), nullable=False),
        sa.Column("origin", sa.String(200), nullable=False),
        sa.Column("theirs", Json),
        sa.Column("theirs_by", sa.String(200), nullable=False),
        sa.Column("theirs_at", sa.String(40), nullable=False),
        sa.Column("merged_at", sa.String(40), nullable=False),
        sa.Column("choice", sa.String(20), nullable=False),
        sa.Column("decided_by", sa.String(200), nullable=False),
        sa.Column("decided_at", sa.String(40), nullable=False),
    )
    op.create_table(
        "presence",
        sa.Column("tab", sa.String(40), primary_key=True),
        sa.Column("plan_id", sa.String(80), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
    op.create_index("ix_presence_plan_id", "presence", ["plan_id"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("presence")
    op.drop_table("conflict")
