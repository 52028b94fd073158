"""Which faults people are notified of, and what each destination already knows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the run that confirmed a fault, and the destinations of alerts."""
    op.add_column("episodes", sa.Column("confirmed_run", sa.Integer))
    op.create_table(
        "destinations",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("first_run", sa.Integer, nullable=False),
        sa.Column("told_run", sa.Integer),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failing_since", sa.String(20)),
        sa.Column("failure", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_destinations"),
        sa.UniqueConstraint("digest", name="uq_destinations_digest"),
    )
