"""The tables of the history. A run whose network did not change adds one row to `runs` and moves numbers in others.

What repeats from run to run (what was asked, what answered, next-hop sets, attributes) is in `contents` once, as JSON
found by its digest. What a prefix had is a stretch of runs in `spreads`, extended in place while nothing changes;
what was wrong is a stretch of runs in `episodes`. Episodes of one fault are one row of `incidents`, with what the last
run that found it had of it.

The migrations create the schema of databases, and queries use these tables; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

from ecmpaudit.history.columns import Prefix, Time, Whole

HEAD = "0005"
"""The newest revision of `migrations/versions`; a database that has it is opened without loading Alembic."""

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

_DIGEST = String(64)

contents = Table(
    "contents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", _DIGEST, nullable=False, unique=True),
    Column("content", Text, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("series", _DIGEST, nullable=False, index=True),  # runs that were asked for the same routers and pools
    Column("started", Time, nullable=False, index=True),
    Column("finished", Time, nullable=False),
    Column("version", String(40), nullable=False),
    Column("is_complete", Boolean, nullable=False),
    Column("prefixes", Whole, nullable=False),
    Column("findings", Text, nullable=False),  # how many by severity, as JSON
    Column("asked_id", ForeignKey("contents.id"), nullable=False),
    Column("answers_id", ForeignKey("contents.id"), nullable=False),
    sqlite_autoincrement=True,  # the number of a run that was pruned is never given again
)

places = Table(
    "places",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", _DIGEST, nullable=False, unique=True),
    Column("router", Text, nullable=False),
    Column("vrf", Text, nullable=False),
    Column("prefix", Prefix, nullable=False),
)

spreads = Table(
    "spreads",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("series", _DIGEST, nullable=False),
    Column("place_id", ForeignKey("places.id"), nullable=False, index=True),
    Column("set_id", ForeignKey("contents.id"), nullable=False, index=True),
    Column("attributes_id", ForeignKey("contents.id"), nullable=False, index=True),
    Column("state", String(10), nullable=False),  # clean, faulty, incomplete
    Column("first_run", Whole, nullable=False),
    Column("last_run", Whole, nullable=False),  # not indexed: it moves in every run
)

faults = Table(
    "faults",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", _DIGEST, nullable=False, unique=True),
    Column("code", String(10), nullable=False),
    Column("router", Text, nullable=False),
    Column("vrf", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("about", Text, nullable=False),
)

episodes = Table(
    "episodes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fault_id", ForeignKey("faults.id"), nullable=False, index=True),
    Column("series", _DIGEST, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("message", Text, nullable=False),
    Column("first_run", Whole, nullable=False),
    Column("first_seen", Time, nullable=False),
    Column("last_run", Whole, nullable=False),
    Column("last_seen", Time, nullable=False),
    Column("times_seen", Whole, nullable=False),
    Column("resolved_run", Whole),
    Column("resolved", Time),
    Column("confirmed_run", Whole),  # the run from which people are notified of it; empty until then
)

incidents = Table(  # open ones match those of a run by fingerprint or by the episodes that they share
    "incidents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", _DIGEST, nullable=False),
    Column("began_as", _DIGEST, nullable=False),  # its first fingerprint
    Column("series", _DIGEST, nullable=False),  # of the runs that change its kind
    Column("kind", String(20), nullable=False),  # `finding`: recorded before incidents were
    Column("severity", String(10), nullable=False),
    Column("title", Text, nullable=False),
    Column("facts_id", ForeignKey("contents.id"), nullable=False, index=True),
    Column("is_of_a_change", Boolean, nullable=False),
    Column("first_run", Whole, nullable=False),
    Column("first_seen", Time, nullable=False),
    Column("last_run", Whole, nullable=False),
    Column("last_seen", Time, nullable=False),
    Column("times_seen", Whole, nullable=False),
    Column("changed_run", Whole),  # the last run in which it changed in kind
    Column("was", Text),  # its title before
    Column("resolved_run", Whole),
    Column("resolved", Time),
    Column("part_of", Text),  # the title of the incident that its open faults went to
    Column("confirmed_run", Whole),  # as in `episodes`
)

incident_episodes = Table(
    "incident_episodes",
    metadata,
    Column("incident_id", ForeignKey("incidents.id"), primary_key=True),
    Column("episode_id", ForeignKey("episodes.id"), primary_key=True, index=True),
)

destinations = Table(  # where alerts go; a message has what changed since notified_run
    "destinations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", _DIGEST, nullable=False, unique=True),  # of its URL, which is never stored
    Column("name", Text, nullable=False),
    Column("first_run", Whole, nullable=False),  # the first run that had something for it
    Column("notified_run", Whole),  # the last run of which it knows all; empty before its first message
    Column("failures", Whole, nullable=False),  # attempts in a row that failed
    Column("failing_since", Time),
    Column("failure", Text),
    Column("delivered", Text),  # incidents of a part of the next message, and the run up to which: JSON
)

for _column in (runs.c.asked_id, runs.c.answers_id):  # what prune looks for when it deletes a content
    Index(None, _column)
