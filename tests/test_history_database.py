"""Opening a history: its schema from every revision up, where it is, and what is refused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from ecmpaudit.configuration.history_places import default_file, has_password, history_place
from ecmpaudit.errors import HistoryError
from ecmpaudit.history.database import revision_of, url_of, writing
from ecmpaudit.history.schema import HEAD, metadata
from ecmpaudit.history.store import open_history
from tests.history_builders import record

if TYPE_CHECKING:
    from pathlib import Path


def alembic_configuration() -> Config:
    config = Config()
    config.set_main_option("script_location", "ecmpaudit.history:migrations")
    config.set_main_option("path_separator", "os")
    return config


REVISIONS = [script.revision for script in ScriptDirectory.from_config(alembic_configuration()).walk_revisions()]


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_database_of_any_revision_becomes_what_the_tables_say(history_place: str, revision: str) -> None:
    engine = create_engine(url_of(history_place))
    with engine.begin() as connection:
        config = alembic_configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    with open_history(history_place) as history:
        with history.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_server_default": True})
            assert revision_of(connection) == HEAD
            assert compare_metadata(context, metadata) == []
        assert record(history, "tor1 198.51.100.7/32 via 192.0.2.1-5", 0).number == 1


def test_the_newest_revision_is_the_one_that_is_known() -> None:
    assert ScriptDirectory.from_config(alembic_configuration()).get_current_head() == HEAD


def test_a_newer_schema_is_refused_and_left_alone(history_place: str) -> None:
    with open_history(history_place) as history, writing(history.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(HistoryError, match=r"written by a newer ecmpaudit \(schema 9999, this one knows up to 0002\)"):
        open_history(history_place).__enter__()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database at all, but long enough to be looked at as one\n" * 20)
    with pytest.raises(HistoryError, match=r"notes\.txt: file is not a database"):
        open_history(str(file)).__enter__()


def test_a_history_that_is_not_there_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="there is none yet; `ecmpaudit scan --record` begins it"):
        open_history(str(tmp_path / "history.db"), create=False).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    place = f"postgresql://audit:secret@/history?host={tmp_path}"
    with pytest.raises(HistoryError) as told:
        open_history(place).__enter__()
    assert "connection" in str(told.value)
    assert "secret" not in str(told.value)


def test_a_driver_that_is_not_installed_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(HistoryError, match=r"driver is not installed: pip install 'ecmpaudit\[postgresql\]'"):
        open_history("postgresql://audit@/history").__enter__()


def test_a_history_can_be_read_without_the_right_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "history.db"
    with open_history(str(file)) as history:
        record(history, "tor1 198.51.100.7/32 via 192.0.2.1-5", 0)
        with open_history(f"sqlite:///file:{file}?mode=ro&uri=true") as reader:
            assert [run.number for run in reader.runs()] == [1]
            assert {path.name.partition("-")[0] for path in tmp_path.iterdir()} == {"history.db"}


@pytest.mark.parametrize(
    "place, complaint",
    [
        pytest.param("mysql://db/history", '"mysql://" is no database that is known', id="other_database"),
        pytest.param("sqlite://", "the URL names no file", id="no_file"),
        pytest.param("postgresql://host:port/db", "the postgresql\\+psycopg URL cannot be read", id="no_port"),
    ],
)
def test_a_place_that_is_none_says_what_was_expected(place: str, complaint: str) -> None:
    with pytest.raises(HistoryError, match=complaint):
        open_history(place).__enter__()


def test_the_flag_comes_before_the_environment_and_that_before_the_configuration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("ECMPAUDIT_HISTORY", raising=False)
    assert history_place(None, None) == str(tmp_path / "ecmpaudit" / "history.db")
    assert history_place(None, "configured.db") == "configured.db"
    monkeypatch.setenv("ECMPAUDIT_HISTORY", "postgresql://audit:secret@db/history")
    assert history_place(None, "configured.db") == "postgresql://audit:secret@db/history"
    assert history_place("given.db", "configured.db") == "given.db"


def test_a_relative_state_folder_is_ignored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_file() == tmp_path / ".local" / "state" / "ecmpaudit" / "history.db"


@pytest.mark.parametrize(
    "place, has_one",
    [
        ("postgresql://audit:secret@db/history", True),
        ("postgresql://db/history?password=secret", True),
        ("postgresql://audit@db/history", False),
        ("/var/lib/ecmpaudit/history.db", False),
        ("postgresql://[db/history", True),
    ],
    ids=["user", "query", "no_password", "file", "no_url"],
)
def test_a_password_in_a_place_is_seen(place: str, has_one: bool) -> None:
    assert has_password(place) is has_one


def test_a_password_on_the_command_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECMPAUDIT_HISTORY", raising=False)
    with pytest.raises(HistoryError, match="no password on a command line") as told:
        history_place("postgresql://audit:secret@db/history", None)
    assert "secret" not in str(told.value)
