"""A real PostgreSQL server for the tests: a cluster in a temporary folder, reached over its socket only.

The server refuses to run as root, so as root it is run by Debian's user `postgres`. `python -m tests.postgresql_server`
tries it, and ends with exit code 1 and the reason where it does not start.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator

_START_SECONDS = 60
_NUMBERS = count(1)


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; Debian keeps them out of PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = shutil.which(name, path=os.pathsep.join([*map(str, folders), os.environ["PATH"]]))
    assert found, f"{name} is not installed; .ci/postgresql installs it"
    return found


def _as_server(*command: str) -> list[str]:
    return ["runuser", "-u", "postgres", "--", *command] if os.geteuid() == 0 else list(command)


@dataclass(frozen=True)
class PostgresqlServer:
    """A running server."""

    folder: Path
    user: str

    @classmethod
    @contextlib.contextmanager
    def started(cls) -> Iterator[PostgresqlServer]:
        """Make a cluster, run its server, and end it by its own process."""
        user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        with tempfile.TemporaryDirectory(prefix="ecmpaudit-pg-") as folder:
            if os.geteuid() == 0:
                shutil.chown(folder, user)
            made = cls(Path(folder), user)
            made._initialise()
            with made._running():
                yield made

    def _initialise(self) -> None:
        options = ["--auth=trust", "--encoding=UTF8", "--no-sync", "--username", self.user, "-D", self._data]
        subprocess.run(_as_server(program("initdb"), *options), check=True, capture_output=True, cwd=self.folder)

    @contextlib.contextmanager
    def _running(self) -> Iterator[None]:
        options = ["-D", self._data, "-k", str(self.folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        start = _as_server(program("postgres"), *options)
        with (self.folder / "log").open("wb") as log:
            server = subprocess.Popen(start, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            try:
                self._wait(server)
                yield
            finally:
                stop = _as_server(program("pg_ctl"), "stop", "-D", self._data, "-m", "immediate")
                subprocess.run(stop, check=False, capture_output=True)
                server.wait(timeout=_START_SECONDS)

    def new_database(self) -> str:
        """Return the URL of a database that is empty."""
        name = f"history{next(_NUMBERS)}"
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return f"postgresql://{self.user}@/{name}?host={self.folder}"

    @property
    def _data(self) -> str:
        return str(self.folder / "data")

    @property
    def _conninfo(self) -> str:
        return f"host={self.folder} user={self.user} dbname=postgres"

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            assert server.poll() is None, (self.folder / "log").read_text()
            try:
                psycopg.connect(self._conninfo, connect_timeout=5).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return


def why_unavailable() -> str | None:
    """Return the reason why no server starts here; None if one does."""
    try:
        with PostgresqlServer.started():
            return None
    except subprocess.CalledProcessError as error:
        return f"{error.cmd[0]}: {error.stderr.decode(errors='replace').strip()}"
    except (AssertionError, LookupError, OSError) as error:
        return str(error)


if __name__ == "__main__":
    sys.exit(why_unavailable())
