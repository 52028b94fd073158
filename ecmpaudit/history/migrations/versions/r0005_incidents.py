"""Incidents over time. Faults that were recorded before are one incident of kind `finding` for each message."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the tables, and incidents for the episodes that are recorded."""
    op.add_column("destinations", sa.Column("delivered", sa.Text))
    incidents, links = _create_tables()
    connection = op.get_bind()
    e = sa.table("episodes", *map(sa.column, ("id", "fault_id", *_COPIED, "message", "confirmed_run")))
    f = sa.table("faults", *map(sa.column, ("id", "code", "router", "prefix", "about")))
    query = sa.select(e, f.c.code, f.c.router, f.c.prefix).join(f, f.c.id == e.c.fault_id).order_by(e.c.id)
    facts: dict[tuple[str, str], int] = {}
    numbers: dict[tuple[object, ...], int] = {}
    for row in connection.execute(query).all():
        key = (row.message, row.series, row.first_run, row.resolved_run)
        if key not in numbers:
            name = hashlib.sha256(row.message.encode()).hexdigest()
            where = (row.router, row.prefix)
            facts.setdefault(where, _content(connection, *where))
            values = {name: getattr(row, name) for name in (*_COPIED, "confirmed_run")}
            adding = sa.insert(incidents).values(
                fingerprint=name,
                began_as=name,
                kind="finding",
                title=row.message,
                facts_id=facts[where],
                is_of_a_change=row.code.startswith("ECMP6"),
                **values,
            )
            numbers[key] = connection.execute(adding.returning(incidents.c.id)).scalar_one()
        connection.execute(sa.insert(links).values(incident_id=numbers[key], episode_id=row.id))


_COPIED = (
    "series",
    "severity",
    "first_run",
    "first_seen",
    "last_run",
    "last_seen",
    "times_seen",
    "resolved_run",
    "resolved",
)


def _content(connection: sa.Connection, router: str, prefix: str) -> int:
    """Return the id of what is known of an incident about a router and a prefix."""
    known = {
        "nodes": [],
        "routers": [router] if router else [],
        "prefixes": [prefix] if prefix else [],
        "cause": [None, "unknown", ""],
        "effect": [0, None, 0],
        "next": "",
    }
    text = json.dumps(known, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    contents = sa.table("contents", *map(sa.column, ("id", "digest", "content")))
    found = connection.execute(sa.select(contents.c.id).where(contents.c.digest == digest)).scalar()
    if found is None:
        adding = sa.insert(contents).values(digest=digest, content=text)
        found = connection.execute(adding.returning(contents.c.id)).scalar_one()
    return int(found)


def _create_tables() -> tuple[sa.Table, sa.Table]:
    incidents = op.create_table(
        "incidents",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("began_as", sa.String(64), nullable=False),
        sa.Column("series", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("severity", sa.String(10), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("facts_id", sa.Integer, nullable=False),
        sa.Column("is_of_a_change", sa.Boolean, nullable=False),
        sa.Column("first_run", sa.Integer, nullable=False),
        sa.Column("first_seen", sa.String(20), nullable=False),
        sa.Column("last_run", sa.Integer, nullable=False),
        sa.Column("last_seen", sa.String(20), nullable=False),
        sa.Column("times_seen", sa.Integer, nullable=False),
        sa.Column("changed_run", sa.Integer),
        sa.Column("was", sa.Text),
        sa.Column("resolved_run", sa.Integer),
        sa.Column("resolved", sa.String(20)),
        sa.Column("part_of", sa.Text),
        sa.Column("confirmed_run", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
        sa.ForeignKeyConstraint(["facts_id"], ["contents.id"], name="fk_incidents_facts_id"),
    )
    op.create_index("ix_incidents_facts_id", "incidents", ["facts_id"])
    links = op.create_table(
        "incident_episodes",
        sa.Column("incident_id", sa.Integer, nullable=False),
        sa.Column("episode_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "episode_id", name="pk_incident_episodes"),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name="fk_incident_episodes_incident_id"),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.id"], name="fk_incident_episodes_episode_id"),
    )
    op.create_index("ix_incident_episodes_episode_id", "incident_episodes", ["episode_id"])
    return incidents, links
