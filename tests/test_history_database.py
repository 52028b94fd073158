"""Opening a history: its schema from every revision up, where it is, and what is refused."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData, create_engine, event, insert, text
from sqlalchemy.exc import SQLAlchemyError

from ecmpaudit.configuration.history_places import default_file, has_password, history_place
from ecmpaudit.errors import HistoryError
from ecmpaudit.history.database import database_errors, opened_engine, revision_of, url_of, writing
from ecmpaudit.history.schema import HEAD, metadata
from ecmpaudit.history.store import open_history
from ecmpaudit.model.runs import Failed
from tests.history_builders import FIVE, at, record

LANDED = Path(__file__).parent / "fixtures" / "history" / "revision_0002.json"
IPV4, IPV6 = ("tor1", "default", "198.51.100.7/32"), ("tor1", "default", "2001:db8:100::7/128")
WHOLE = f"""
    tor1 198.51.100.7/32 via 192.0.2.1-5
    tor1 2001:db8:100::7/128 via 2001:db8::1-2
    expect 198.51.100.7/32 nodes {FIVE}
    expect 2001:db8:100::7/128 count 2
"""


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


@pytest.fixture
def landed_history(history_place: str) -> str:
    """A history of revision 0002 with four runs and two destinations, as ecmpaudit wrote it before revision 0003."""
    engine = create_engine(url_of(history_place))
    with engine.begin() as connection:
        config = alembic_configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        tables = MetaData()
        tables.reflect(connection)
        for name, rows in json.loads(LANDED.read_text()).items():
            connection.execute(insert(tables.tables[name]), rows)  # without ids: each database counts from 1
    engine.dispose()
    return history_place


def test_runs_and_notifications_of_the_landed_schema_are_kept(landed_history: str) -> None:
    with open_history(landed_history) as history:
        sets = {number: history.observation(number).spreads for number in "123"}
        assert {number: len(spreads[IPV4].next_hops) for number, spreads in sets.items()} == {"1": 5, "2": 4, "3": 4}
        assert {number: len(spreads[IPV6].next_hops) for number, spreads in sets.items()} == {"1": 2, "2": 2, "3": 1}
        good = history.past(at(46)).good
        assert (good[IPV4].run, good[IPV6].run) == ("run 1 of 2026-11-20 10:00 UTC", "run 2 of 2026-11-20 10:15 UTC")
        notified = history.news_for("1" * 64, 4)
        assert [known.prefixes for known in notified.new] == [("2001:db8:100::7/128",), ()]
        assert [known.prefixes for known in history.news_for("2" * 64, 4).new] == [
            ("198.51.100.7/32",), ("2001:db8:100::7/128",), (),
        ]  # fmt: skip
        failed = Failed("2" * 64, "x", "refused")
        assert history.record_failure(failed, 4, now=at(46)) == (2, "2026-11-20T10:30:00Z")
        asked = history.runs()[-1].asked
        assert record(history, WHOLE, 60, asked).number == 5
        assert [known.resolved for known in history.findings()] == ["2026-11-20T11:00:00Z"] * 2 + [None]
        assert [known.resolved for known in history.incidents()] == ["2026-11-20T11:00:00Z"] * 2 + [None]


def test_findings_of_the_landed_schema_continue_as_incidents_without_news(landed_history: str) -> None:
    with open_history(landed_history) as history:
        asked = history.runs()[-1].asked
        before = history.incidents()
        assert {known.kind for known in before} == {"finding"}
        short = WHOLE.replace("via 192.0.2.1-5", "via 192.0.2.1-4")
        run = record(history, short, 60, asked)
        (known,) = [known for known in history.incidents() if known.prefixes == ("198.51.100.7/32",)]
        assert (known.kind, known.title) == ("missing", "node node5 is missing on tor1, 198.51.100.7/32")
        assert known.first_seen in {each.first_seen for each in before}
        news = history.news(run.number)
        assert (news.new, news.changed, news.short_lived) == ((), (), ())


def test_the_newest_revision_is_the_one_that_is_known() -> None:
    assert ScriptDirectory.from_config(alembic_configuration()).get_current_head() == HEAD


def test_a_newer_schema_is_refused_and_left_alone(history_place: str) -> None:
    with open_history(history_place) as history, writing(history.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(HistoryError, match=r"written by a newer ecmpaudit \(schema 9999, this one knows up to 0005\)"):
        open_history(history_place).__enter__()


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database at all, but long enough to be read as one\n" * 20)
    with pytest.raises(HistoryError, match=r"notes\.txt: file is not a database; restore it from a backup, or"):
        open_history(str(file)).__enter__()


@pytest.mark.parametrize("create", [True, False])
def test_the_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, create: bool) -> None:
    file = tmp_path / "bookmarks #1.db"
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE bookmarks (address TEXT PRIMARY KEY)")
    other.close()
    before = file.read_bytes()
    with pytest.raises(
        HistoryError, match=r'#1\.db: the database of another program, with the table "bookmarks"; name'
    ):
        open_history(str(file), create=create).__enter__()
    assert (file.read_bytes(), list(tmp_path.iterdir())) == (before, [file])


def test_an_empty_database_becomes_a_history(tmp_path: Path) -> None:
    file = tmp_path / "history.db"
    with sqlite3.connect(file) as empty:
        empty.execute("CREATE TABLE gone (number INTEGER PRIMARY KEY AUTOINCREMENT)")
        empty.execute("DROP TABLE gone")
    empty.close()
    with open_history(str(file)) as history:
        assert history.runs() == ()


def test_a_missing_history_is_not_created_by_reading(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="does not exist yet; `ecmpaudit scan --record` creates it"):
        open_history(str(tmp_path / "history.db"), create=False).__enter__()
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_cannot_be_reached_is_reported_without_the_password(tmp_path: Path) -> None:
    place = f"postgresql://audit:secret@/history?host={tmp_path}"
    with pytest.raises(HistoryError) as raised:
        open_history(place).__enter__()
    assert "connection" in str(raised.value)
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "place",
    [
        "postgresql://audit:hidden@/history?host={folder}",
        "postgresql://audit@/history?host={folder}&password=hidden",
        "postgresql://audit@/history?host={folder}&sslpassword=hidden&sslmode=disable",
        "postgresql://audit@/history?host={folder}&p%61ssword=hidden",
        "postgresql://audit%3Ahidden@/history?host={folder}",
    ],
    ids=["user", "password", "sslpassword", "encoded", "encoded_colon"],
)
def test_a_message_about_a_server_names_it_and_no_password(tmp_path: Path, place: str) -> None:
    with pytest.raises(HistoryError) as raised:
        open_history(place.format(folder=tmp_path)).__enter__()
    message = str(raised.value)
    assert message.startswith("history postgresql+psycopg://audit")
    assert "hidden" not in message


def test_a_drivers_message_that_repeats_a_password_is_masked() -> None:
    url = url_of("postgresql://audit:one@db/history?sslpassword=two")
    with pytest.raises(HistoryError) as raised, database_errors(url):
        raise SQLAlchemyError("option one and option two")
    assert str(raised.value) == (
        "history postgresql+psycopg://audit:***@db/history?sslpassword=***: option *** and option ***"
    )


def test_a_driver_that_is_not_installed_is_reported_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
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
        pytest.param("mysql://db/history", '"mysql://" is an unknown kind of database', id="other_database"),
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
        ("postgresql://db/history?sslpassword=secret", True),
        ("postgresql://db/history?p%61ssword=secret", True),
        ("postgresql://db/history?sslmode=require&%50ASSWORD=secret", True),
        ("postgresql://db/history?password", True),
        ("postgresql://db/history?oauth_client_secret=secret", True),
        ("postgresql://audit%3Asecret@db/history", True),
        ("postgresql://db/history?passfile=/etc/pgpass&sslkey=/etc/key", False),
    ],
    ids=[
        "user",
        "query",
        "no_password",
        "file",
        "no_url",
        "sslpassword",
        "encoded",
        "encoded_and_upper_case",
        "without_a_value",
        "client_secret",
        "encoded_colon",
        "names_of_files",
    ],
)
def test_a_password_in_a_place_is_seen(place: str, has_one: bool) -> None:
    assert has_password(place) is has_one


def test_a_password_on_the_command_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ECMPAUDIT_HISTORY", raising=False)
    with pytest.raises(HistoryError, match="expected a URL without a password") as raised:
        history_place("postgresql://audit:secret@db/history", None)
    assert "secret" not in str(raised.value)


FAULTY = WHOLE.replace("192.0.2.1-5", "192.0.2.1-4", 1).replace("2001:db8::1-2", "2001:db8::1", 1)


def test_what_is_read_at_one_moment_is_of_one_state(history_place: str) -> None:
    with open_history(history_place) as history, open_history(history_place) as collector:
        record(collector, WHOLE, 0)
        with history.at_one_moment() as then:
            assert len(then.runs()) == 1
            record(collector, FAULTY, 15)
            assert (len(then.runs()), then.findings(), then.incidents()) == (1, (), ())
            assert then.observation("last").title.startswith("run 1 ")
        assert len(history.runs()) == 2
        assert {known.fault.prefix for known in history.findings()} >= {IPV4[2], IPV6[2]}


def test_a_reading_of_several_queries_is_of_one_state(history_place: str) -> None:
    """A run is recorded after the first query of the reading."""
    with open_history(history_place) as history, open_history(history_place) as collector:
        record(collector, FAULTY, 0)
        waiting = [15]

        def recorded_meanwhile(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if waiting and statement.startswith("SELECT"):
                record(collector, WHOLE, waiting.pop())

        event.listen(history.engine, "after_cursor_execute", recorded_meanwhile)
        found = history.observation("last")
        assert waiting == []
        assert found.title.startswith("run 1 ")
        assert {place: len(spread.next_hops) for place, spread in found.spreads.items()} == {IPV4: 4, IPV6: 1}
        assert {fault.prefix for fault in found.faults} >= {IPV4[2], IPV6[2]}
        assert history.observation("last").title.startswith("run 2 ")


def test_a_program_that_ends_while_it_closes_a_connection_prints_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def ended(_: object) -> None:
        raise SystemExit(0)  # as the handler of SIGTERM does

    engine = opened_engine(str(tmp_path / "history.db"), create=True)
    monkeypatch.setattr(engine.dialect, "do_close", ended)
    with pytest.raises(SystemExit):
        engine.dispose()
    assert caplog.records == []
