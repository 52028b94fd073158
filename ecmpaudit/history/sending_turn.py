"""The turn of a collector in which it sends alerts: what one sends, the next one finds recorded.

Runs that end at the same moment have the same news. Each is in the database before any of them is sent, so without
turns both collectors would send it. A turn ends with its process, also where that is killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from ecmpaudit.errors import HistoryError
from ecmpaudit.history.database import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

LONGEST_WAIT = 60
"""Seconds that one collector waits for another: two destinations that do not answer."""
_LOCK = 0x65636D71
"""Key of PostgreSQL's advisory lock, beside the one of recording."""
_LOCK_NOT_AVAILABLE = "55P03"
_PAUSE = 0.1


@contextlib.contextmanager
def sending_turn(engine: Engine, longest_wait: float = LONGEST_WAIT) -> Iterator[None]:
    """Wait until no other collector sends alerts, and let others wait until this one has sent its own.

    Raises:
        HistoryError: another one still sends after the longest wait, in seconds; or the lock cannot be taken.
    """
    turn = _turn_on_server if engine.dialect.name == "postgresql" else _turn_on_machine
    with turn(engine, longest_wait):
        yield


def _refusal(engine: Engine, longest_wait: float) -> HistoryError:
    return HistoryError(f"history {shown(engine.url)}: another run has been sending alerts for {longest_wait:g} s")


@contextlib.contextmanager
def _turn_on_server(engine: Engine, longest_wait: float) -> Iterator[None]:
    with engine.connect() as connection:
        try:
            milliseconds = max(1, int(longest_wait * 1000))  # 0 is no limit
            connection.execute(text(f"SET LOCAL lock_timeout = '{milliseconds}ms'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
                raise
            raise _refusal(engine, longest_wait) from error
        try:
            yield
        finally:
            with contextlib.suppress(SQLAlchemyError):  # a server that is gone has no lock any more
                connection.rollback()


@contextlib.contextmanager
def _turn_on_machine(engine: Engine, longest_wait: float) -> Iterator[None]:
    """Lock a file beside the database: SQLite loses its own locks where the database is opened and closed again."""
    file = str(engine.url.database)
    if not Path(file).is_file():  # SQLite's own form of a URL, or a database in memory
        yield
        return
    lock = f"{Path(file).resolve()}-alerts"
    try:
        descriptor = os.open(lock, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise HistoryError(f"history {file}: {lock} cannot be opened: {error.strerror}") from error
    try:
        until = time.monotonic() + longest_wait
        while not _is_locked(descriptor):
            if time.monotonic() > until:
                raise _refusal(engine, longest_wait)
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
