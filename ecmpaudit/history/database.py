"""The database of a history: opening it, its transactions, its schema, and errors in words.

One writer at a time: SQLite's own lock (`BEGIN IMMEDIATE`), PostgreSQL's advisory one. So runs get their numbers in
the order in which they are recorded, and two runs never extend a stretch at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError

from ecmpaudit.configuration.history_places import is_secret
from ecmpaudit.configuration.home import in_home
from ecmpaudit.errors import HistoryError, MissingHistoryError, UnusableHistoryError
from ecmpaudit.history.schema import HEAD
from ecmpaudit.plain_files import odd_kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

BUSY_SECONDS = 30
"""How long one writer waits for another before it gives up."""
_ATTEMPT = 0.5
"""Seconds that SQLite waits for another writer in its own code, in which no signal ends the program."""
_ROOM = 1 << 20
"""Bytes: with less on its disk, SQLite may not open a history, since it maps 32 KiB beside the file to read it."""
_MASKED = "***"
"""What is shown for a secret, as SQLAlchemy shows it."""
_LOCK = 0x65636D70
"""Key of PostgreSQL's advisory lock: `ecmp` in ASCII."""
_VERSIONS = "alembic_version"
"""The table in which Alembic notes the revision of the schema; every history has it."""
_POSTGRESQL = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_EXPECTED = "expected a file name, sqlite:///FILE or postgresql://HOST/DATABASE"


def opened_engine(place: str, *, create: bool) -> Engine:
    """Return the engine of a database whose schema is this version's; a new one is made if `create`.

    Raises:
        HistoryError: it cannot be opened, or a newer ecmpaudit wrote it.
    """
    url = url_of(place)
    if url.drivername == "sqlite" and not str(url.database).startswith("file:"):  # SQLite's own form, with its options
        _prepare_file(url, create=create)
    with database_errors(url):
        engine = _engine(url)
        with engine.connect() as connection:
            is_current = revision_of(connection) == HEAD
        if not is_current:
            with writing(engine) as connection:
                migrate(connection, shown(url))
    return engine


def url_of(place: str) -> URL:
    """Return the URL of a file name or URL; HistoryError says what was expected."""
    if "://" not in place:
        return URL.create("sqlite", database=str(in_home(Path(place))))
    scheme, _, rest = place.partition("://")
    if scheme in _POSTGRESQL:
        scheme = "postgresql+psycopg"
    elif scheme != "sqlite":
        raise HistoryError(f'history: "{scheme}://" is an unknown kind of database; {_EXPECTED}')
    try:
        url = make_url(f"{scheme}://{rest}")
    except (ArgumentError, ValueError):
        raise HistoryError(f"history: the {scheme} URL cannot be read; {_EXPECTED}") from None
    if scheme == "sqlite" and not url.database:
        raise HistoryError(f"history: the URL names no file; {_EXPECTED}")
    return url


def shown(url: URL) -> str:
    """Return a database for messages: a file's name, or a URL without its passwords."""
    if url.drivername == "sqlite":
        return str(url.database)
    secret = dict.fromkeys(filter(is_secret, url.query), _MASKED)
    user = url.username.partition(":")[0] if url.username else None
    rendered = url.set(username=user).update_query_dict(secret).render_as_string(hide_password=True)
    return rendered.replace(quote_plus(_MASKED), _MASKED)


def _masked(reason: str, url: URL) -> str:
    """Return a driver's message without the passwords of the URL."""
    in_query = [value for key, values in url.normalized_query.items() if is_secret(key) for value in values]
    for secret in filter(None, (url.password, *in_query)):
        reason = reason.replace(str(secret), _MASKED)
    return reason


@contextlib.contextmanager
def database_errors(url: URL) -> Iterator[None]:
    """Turn the database's errors into a HistoryError of one sentence that names it and has no password."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "psycopg":
            raise
        remedy = "pip install 'ecmpaudit[postgresql]'"
        raise HistoryError(f"history {shown(url)}: PostgreSQL's driver is not installed: {remedy}") from error
    except SQLAlchemyError as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        remedy = _remedy(url, getattr(getattr(error, "orig", None), "sqlite_errorname", ""))
        raise UnusableHistoryError(f"history {shown(url)}: {_masked(reason, url)}{remedy}") from error


def _remedy(url: URL, name: str) -> str:
    """Return what to do about an error of SQLite, by its name; nothing for other databases, whose errors say it."""
    folder = Path(str(url.database)).parent
    if name.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
        if _room(folder) < _ROOM:
            where = f"no room is left on the disk of {folder}, and reading needs some as well"
            return f": {where}; free {_ROOM >> 20} MiB there, or name another history"
        return (
            f": the disk of {folder}, a quota or a limit refused; see `dmesg` and `ulimit -f`, or name another history"
        )
    if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH")):
        return f": the user of this run has to be able to write in {folder}; change its owner, or name another history"
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f": another process has been writing for {BUSY_SECONDS} s; run this again when it is done"
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return "; restore it from a backup, or name another history"
    return ""


def _room(folder: Path) -> int:
    """Return the bytes that the disk of a folder takes from this user; none where it has no more files to give."""
    try:
        disk = os.statvfs(folder)
    except OSError:
        return _ROOM
    return 0 if disk.f_files and not disk.f_favail else disk.f_bavail * disk.f_frsize


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Give a connection whose queries all read one state, whatever is recorded meanwhile.

    A transaction of SQLite does so. PostgreSQL's default is the newest state for each query.
    """
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


@contextlib.contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Give a connection in the only transaction that writes; all of it is committed, or nothing."""
    with engine.connect().execution_options(ecmpaudit_writes=True) as connection, connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        yield connection


def migrate(connection: Connection, place: str) -> None:
    """Bring the schema to this version's.

    Raises:
        HistoryError: it is newer than this version, or no history at all.
    """
    present = revision_of(connection)
    if present == HEAD:  # another run was faster
        return
    from alembic import command  # noqa: PLC0415 - costs 100 ms, and most runs find the current schema
    from alembic.config import Config  # noqa: PLC0415 - see above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - see above

    config = Config()
    config.set_main_option("script_location", "ecmpaudit.history:migrations")
    config.set_main_option("path_separator", "os")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise HistoryError(
            f"history {place}: written by a newer ecmpaudit (schema {present}, this one knows up to {HEAD}); "
            "upgrade ecmpaudit, or name another history"
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def revision_of(connection: Connection) -> str | None:
    """Return the schema's revision; None for an empty database."""
    if not connection.dialect.has_table(connection, _VERSIONS):
        return None
    revision: str | None = connection.execute(text(f"SELECT version_num FROM {_VERSIONS}")).scalar()  # noqa: S608 - ours
    return revision


def _prepare_file(url: URL, *, create: bool) -> None:
    """Create the file before SQLite does, to make it readable for its owner only; the WAL files inherit that."""
    file = Path(str(url.database))
    try:
        kind = odd_kind(file)
    except FileNotFoundError:
        kind = None
    except OSError as error:
        raise HistoryError(f"history {file}: cannot be opened: {error.strerror}") from error
    if kind:
        raise HistoryError(f"history {file}: expected a plain file, found {kind}")
    if file.exists():
        _refuse_other_program(file)
        return
    if not create:
        raise MissingHistoryError(f"history {file}: does not exist yet; `ecmpaudit scan --record` creates it")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another run has just created it
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise UnusableHistoryError(f"history {file}: cannot be created: {error.strerror}") from error


def _refuse_other_program(file: Path) -> None:
    """Raise HistoryError for a database of somebody else's, before anything in it changes."""
    tables: list[str] = []
    uri = f"{file.absolute().as_uri()}?mode=ro"
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = sorted(name for (name,) in found if not name.startswith("sqlite_"))
    if tables and _VERSIONS not in tables:
        raise HistoryError(
            f'history {file}: the database of another program, with the table "{tables[0]}"; name another file'
        )


def _engine(url: URL) -> Engine:
    # It prints a traceback where a signal ends the program while it closes a connection. Other errors are raised too.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    if url.drivername != "sqlite":
        return create_engine(url, connect_args={"connect_timeout": BUSY_SECONDS})
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say, not at the first statement that writes
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("ecmpaudit_writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    until = time.monotonic() + BUSY_SECONDS
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(_ATTEMPT * 1000)}")
    while not _has_begun_to_write(connection, is_last=time.monotonic() >= until):
        pass
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def _has_begun_to_write(connection: Connection, *, is_last: bool) -> bool:
    try:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    except OperationalError as error:
        if is_last or not getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
            raise
        return False
    return True
