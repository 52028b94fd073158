"""Runs, what prefixes had in them, and what was wrong."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    _create_runs()
    _create_spreads()
    _create_faults()
    for table, column in _INDEXED:
        op.create_index(f"ix_{table}_{column}", table, [column])


def _create_runs() -> None:
    op.create_table(
        "contents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contents"),
        sa.UniqueConstraint("digest", name="uq_contents_digest"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("series", sa.String(64), nullable=False),
        sa.Column("started", sa.String(20), nullable=False),
        sa.Column("finished", sa.String(20), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("is_complete", sa.Boolean, nullable=False),
        sa.Column("prefixes", sa.Integer, nullable=False),
        sa.Column("findings", sa.Text, nullable=False),
        sa.Column("asked_id", sa.Integer, nullable=False),
        sa.Column("answers_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.ForeignKeyConstraint(["asked_id"], ["contents.id"], name="fk_runs_asked_id"),
        sa.ForeignKeyConstraint(["answers_id"], ["contents.id"], name="fk_runs_answers_id"),
        sqlite_autoincrement=True,
    )


def _create_spreads() -> None:
    op.create_table(
        "places",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("router", sa.Text, nullable=False),
        sa.Column("vrf", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_places"),
        sa.UniqueConstraint("digest", name="uq_places_digest"),
    )
    op.create_table(
        "spreads",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("series", sa.String(64), nullable=False),
        sa.Column("place_id", sa.Integer, nullable=False),
        sa.Column("set_id", sa.Integer, nullable=False),
        sa.Column("attributes_id", sa.Integer, nullable=False),
        sa.Column("standing", sa.String(10), nullable=False),
        sa.Column("first_run", sa.Integer, nullable=False),
        sa.Column("last_run", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spreads"),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name="fk_spreads_place_id"),
        sa.ForeignKeyConstraint(["set_id"], ["contents.id"], name="fk_spreads_set_id"),
        sa.ForeignKeyConstraint(["attributes_id"], ["contents.id"], name="fk_spreads_attributes_id"),
    )


def _create_faults() -> None:
    op.create_table(
        "faults",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("code", sa.String(10), nullable=False),
        sa.Column("router", sa.Text, nullable=False),
        sa.Column("vrf", sa.Text, nullable=False),
        sa.Column("prefix", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_faults"),
        sa.UniqueConstraint("digest", name="uq_faults_digest"),
    )
    op.create_table(
        "episodes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("fault_id", sa.Integer, nullable=False),
        sa.Column("series", sa.String(64), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("first_run", sa.Integer, nullable=False),
        sa.Column("first_seen", sa.String(20), nullable=False),
        sa.Column("last_run", sa.Integer, nullable=False),
        sa.Column("last_seen", sa.String(20), nullable=False),
        sa.Column("times_seen", sa.Integer, nullable=False),
        sa.Column("resolved_run", sa.Integer),
        sa.Column("resolved", sa.String(20)),
        sa.PrimaryKeyConstraint("id", name="pk_episodes"),
        sa.ForeignKeyConstraint(["fault_id"], ["faults.id"], name="fk_episodes_fault_id"),
    )


_INDEXED = (
    ("runs", "series"),
    ("runs", "started"),
    ("runs", "asked_id"),
    ("runs", "answers_id"),
    ("spreads", "place_id"),
    ("spreads", "set_id"),
    ("spreads", "attributes_id"),
    ("episodes", "fault_id"),
)
