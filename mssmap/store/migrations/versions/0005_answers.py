"""Acts on plans that changed nothing, so that they count once however often they arrive."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "answer",
        sa.Column("request_id", sa.String(80), primary_key=True),
        sa.Column("plan_id", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_table("answer")
