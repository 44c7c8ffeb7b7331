"""The id of the store."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and its row."""
    made = op.create_table("identity", sa.Column("store_id", sa.String(36), primary_key=True))
    op.bulk_insert(made, [{"store_id": str(uuid.uuid4())}])


def downgrade() -> None:
    """Take it away."""
    op.drop_table("identity")
