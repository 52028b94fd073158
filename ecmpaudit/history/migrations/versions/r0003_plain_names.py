"""A spread has a state, and a destination the run of which it was notified."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Rename two columns in place; both databases know this statement, SQLite since 3.25."""
    op.execute("ALTER TABLE spreads RENAME COLUMN standing TO state")
    op.execute("ALTER TABLE destinations RENAME COLUMN told_run TO notified_run")
