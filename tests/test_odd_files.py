"""Each file that is read or written, and each oddity of a file: one clear line, exit code 2 or 3, and no waiting."""

from __future__ import annotations

import datetime as dt
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from sqlalchemy import create_engine, text, update

from ecmpaudit.cli.main import main
from ecmpaudit.collectors.key_files import key_choices
from ecmpaudit.collectors.snapshot import save
from ecmpaudit.commands.output import write_file
from ecmpaudit.errors import ConfigurationError, EcmpauditError, HistoryError
from ecmpaudit.history.instance import only_instance
from ecmpaudit.history.schema import places
from ecmpaudit.history.store import open_history
from ecmpaudit.model import Capture
from ecmpaudit.plain_files import read_plain
from ecmpaudit.reporting.schedule import cron_line, kubernetes_cron_job, systemd_units
from tests.history_builders import FIVE, record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = str(Path(__file__).parent / "fixtures/frr/show_ip_route--seed.txt")
PATIENCE = 60
"""Seconds after which a test has waited for ever."""


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """End a test that waits."""

    def expired(*_: object) -> NoReturn:
        raise AssertionError(f"still waiting after {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.alarm(PATIENCE)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def missing(path: Path) -> None:
    """Make nothing."""
    assert not path.exists()


def loop(path: Path) -> None:
    """Make a symbolic link to itself."""
    path.symlink_to(path.name)


def unix_socket(path: Path) -> None:
    """Make a socket that nobody listens to."""
    with closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(str(path))


def endless(path: Path) -> None:
    """Make a link to a device without an end."""
    path.symlink_to("/dev/zero")


def unreadable(path: Path) -> None:
    """Make a file that only root can read."""
    path.write_text("x")
    path.chmod(0)


ODDITIES: dict[str, Callable[[Path], object]] = {
    "missing": missing,
    "folder": Path.mkdir,
    "pipe": os.mkfifo,
    "socket": unix_socket,
    "device": endless,
    "loop": loop,
    "dangling": lambda path: path.symlink_to("nowhere"),
    "unreadable": unreadable,
    "empty": Path.touch,
    "blank": lambda path: path.write_text("\n \n"),
    "not_utf8": lambda path: path.write_bytes(b"\xff\xfe\xfd\x00\x80"),
    "nul": lambda path: path.write_bytes(bytes(64)),
}


if os.geteuid() == 0:
    del ODDITIES["unreadable"]


@dataclass(frozen=True)
class Kind:
    """A kind of file: how a command is given one, and which oddities are none for it."""

    arguments: Callable[[Path, Path], list[str]]
    """Of the file and an empty folder."""
    fine: frozenset[str] = frozenset()
    not_named: frozenset[str] = frozenset()
    """Oddities in which the message is about something else: the file is as good as none, or is not needed yet."""


def configured(folder: Path, content: str) -> str:
    router = "tor1: {host: 127.0.0.1, port: 1, platform: frr}"
    (folder / "ecmpaudit.yaml").write_text(f"{content}\nrouters:\n  {router}\n")
    return str(folder / "ecmpaudit.yaml")


def asked_with(content: str) -> Callable[[Path, Path], list[str]]:
    """Return the arguments of a scan with a configuration, in which {} is the file."""

    def arguments(file: Path, folder: Path) -> list[str]:
        return ["scan", "-c", configured(folder, content.format(file))]

    return arguments


WITHOUT_KEYS = frozenset({"missing", "dangling", "empty", "blank", "not_utf8", "nul"})

KINDS = {
    "input": Kind(lambda file, _: ["analyze", str(file)]),
    "routes": Kind(lambda file, _: ["routes", str(file)]),
    "configuration": Kind(lambda file, _: ["config", "check", str(file)]),
    "kube_dump": Kind(lambda file, _: ["expect", "--kube-dump", str(file)], not_named=frozenset({"empty", "blank"})),
    "snapshot": Kind(lambda file, _: ["diff", str(file), SEED]),
    "history": Kind(lambda file, _: ["history", "--history", str(file)], not_named=frozenset({"empty"})),
    "known_hosts": Kind(asked_with("ssh: {{known_hosts: {}}}"), not_named=WITHOUT_KEYS),
    "key": Kind(asked_with("ssh: {{key: {}}}"), not_named=frozenset(ODDITIES)),
    "urls_file": Kind(
        lambda file, folder: [
            *asked_with("alerts: {{urls_file: {}}}")(file, folder),
            "--record",
            "--history",
            str(folder / "history.db"),
        ],
    ),
    "output": Kind(
        lambda file, _: ["analyze", SEED, "-o", f"text:{file}"],
        frozenset({"missing", "empty", "blank", "not_utf8", "nul", "dangling", "device"}),
    ),
    "save": Kind(
        lambda file, folder: ["scan", "-c", configured(folder, ""), "--save", str(file)],
        not_named=frozenset({"missing", "folder", "dangling"}),
    ),
    "parsers": Kind(lambda file, _: ["--parsers", str(file), "routes", SEED]),
}


def run_main(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    """Return the exit code, and both streams as one text."""
    monkeypatch.setattr(sys, "argv", ["ecmpaudit", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    shown = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    return ended.value.code, shown.out + shown.err


@pytest.mark.sampled(30)
@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("kind", KINDS)
def test_an_odd_file_is_reported_and_never_waited_for(
    kind: str, oddity: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("ECMPAUDIT_PARSERS", "")
    (tmp_path / "work").mkdir()
    ODDITIES[oddity](tmp_path / "odd.txt")
    code, shown = run_main(KINDS[kind].arguments(tmp_path / "odd.txt", tmp_path / "work"), monkeypatch, capsys)
    assert "internal error" not in shown
    if oddity in KINDS[kind].fine:
        assert code in {0, 1}
    else:
        assert code in {2, 3}
        assert "odd.txt" in shown or oddity in KINDS[kind].not_named


@pytest.mark.parametrize("oddity", ["pipe", "folder", "socket", "loop", "link"])
def test_a_lock_that_is_no_plain_file_is_refused_and_not_followed(oddity: str, tmp_path: Path) -> None:
    lock, other = tmp_path / "scan.lock", tmp_path / "other"
    other.write_text("kept")
    if oddity == "link":
        lock.symlink_to(other)
    else:
        ODDITIES[oddity](lock)
    with pytest.raises(HistoryError, match=r"^lock \S+scan\.lock: (is a symbolic link|expected a plain|cannot be)"):
        only_instance(lock).__enter__()
    assert other.read_text() == "kept"


def test_a_pipe_that_is_named_for_output_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EcmpauditError, match="cannot be written: no process reads this pipe"):
        write_file(tmp_path / "pipe", b"report")


def test_a_pipe_that_is_read_gets_the_whole_report(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    content = bytes(300_000)
    with (tmp_path / "copy").open("wb") as copy, subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=copy):
        descriptor = os.open(tmp_path / "pipe", os.O_WRONLY)  # returns when the reader has opened it
        write_file(tmp_path / "pipe", content)
        os.close(descriptor)
    assert (tmp_path / "copy").read_bytes() == content


def test_the_rest_of_a_run_that_was_killed_stops_no_other_and_is_removed(tmp_path: Path) -> None:
    stale, fresh = (tmp_path / f".report.json.{digit * 24}.part" for digit in "ab")
    others = [tmp_path / f".report.json.{os.getpid()}.part", tmp_path / ".other.json.aaaaaaaaaaaaaaaaaaaaaaaa.part"]
    for file in (stale, fresh, *others):
        file.touch()
    for file in (stale, *others):
        os.utime(file, (0, 0))
    write_file(tmp_path / "report.json", b"{}")
    assert {file.name for file in tmp_path.iterdir()} == {fresh.name, "report.json", *(file.name for file in others)}


SHELL = {
    "closed": (">&-", 2, "standard output cannot be written: it is closed"),
    "full": (">/dev/full", 2, "standard output cannot be written: No space left on device"),
    "read_only": ("1</dev/null", 2, "standard output cannot be written: it is closed"),
    "closed_with_a_file": ("-q -o {folder}/x.json >&-", 1, ""),
    "full_output": ("-q -o text:/dev/full", 2, "--output /dev/full: cannot be written: No space left on device"),
    "all_closed": ("<&- >&- 2>&-", 2, ""),
}


@pytest.mark.parametrize("case", SHELL)
def test_a_stream_that_takes_nothing_is_one_line(case: str, tmp_path: Path) -> None:
    words, code, line = SHELL[case]
    run = subprocess.run(
        ["sh", "-c", f'exec "$0" -m ecmpaudit analyze {SEED} {words.format(folder=tmp_path)}', sys.executable],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert (run.returncode, run.stdout) == (code, "")
    assert len(run.stderr.splitlines()) == len(line.splitlines())
    assert line in run.stderr


@pytest.mark.parametrize("command", ["rule", "--help", "config schema", "routes {seed} -f parquet"])
def test_every_command_reports_a_full_disk(command: str) -> None:
    words = command.format(seed=SEED)
    run = subprocess.run(
        ["sh", "-c", f'exec "$0" -m ecmpaudit {words} >/dev/full', sys.executable],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    line = "ecmpaudit: standard output cannot be written: No space left on device; name a file with --output\n"
    assert (run.returncode, run.stderr) == (2, line)


def test_closed_standard_input_is_reported() -> None:
    run = subprocess.run(
        ["sh", "-c", 'exec "$0" -m ecmpaudit analyze - <&-', sys.executable],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (2, "ecmpaudit: -: standard input cannot be read: it is closed\n")


@pytest.mark.skipif(not Path("/dev/fd/0").exists(), reason="no /proc: a shell has no anonymous pipes here")
def test_a_shells_anonymous_pipe_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"routers: {}")
    os.close(writing)
    assert read_plain(Path(f"/dev/fd/{reading}")) == b"routers: {}"
    os.close(reading)


def test_a_name_with_nul_is_an_error_of_the_file() -> None:
    with pytest.raises(OSError, match="its name has a NUL character"):
        read_plain(Path("a\0b"))


@pytest.mark.parametrize("oddity", ODDITIES)
def test_an_odd_key_is_a_choice_with_a_problem(oddity: str, tmp_path: Path) -> None:
    ODDITIES[oddity](tmp_path / "key")
    (choice,) = key_choices([tmp_path / "key"], (), only_files=True)
    assert (choice.name, choice.key, bool(choice.problem)) == (f"key {tmp_path / 'key'}", None, True)


NETWORK = f"tor1 198.51.100.7/32 via 192.0.2.1-2\nexpect 198.51.100.7/32 nodes {FIVE}"


def recorded(folder: Path) -> str:
    """Return the place of a history with a run."""
    place = str(folder / "history.db")
    with open_history(place) as history:
        record(history, NETWORK, 0)
    return place


DAMAGE = {
    "broken_json": "UPDATE contents SET content = '{'",
    "list_for_object": "UPDATE contents SET content = '[]'",
    "other_keys": "UPDATE contents SET content = '{\"x\": 1}'",
    "deep_json": "UPDATE contents SET content = '" + "[" * 100_000 + "'",
    "null": "UPDATE contents SET content = 'null'",
    "findings": "UPDATE runs SET findings = 'x'",
    "findings_are_a_list": "UPDATE runs SET findings = '[]'",
    "findings_are_null": "UPDATE runs SET findings = 'null'",
    "findings_are_words": 'UPDATE runs SET findings = \'{"error": "x"}\'',
    "time_is_a_word": "UPDATE runs SET started = 'soon'",
    "time_is_empty": "UPDATE runs SET started = ''",
    "time_of_a_fault": "UPDATE episodes SET first_seen = 5",
    "time_is_bytes": "UPDATE episodes SET last_seen = x'fffe'",
    "number_is_a_word": "UPDATE runs SET prefixes = 'many'",
    "number_is_empty": "UPDATE episodes SET times_seen = ''",
    "number_is_bytes": "UPDATE episodes SET times_seen = x'fffe'",
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_row_of_the_history_is_one_line(
    damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = recorded(tmp_path)
    engine = create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        connection.execute(text(DAMAGE[damage].replace(":", r"\:")))
    engine.dispose()
    code, shown = run_main(["history", "--history", place], monkeypatch, capsys)
    assert code == 2
    assert re.fullmatch(rf"ecmpaudit: history \S*{place}: what it holds is damaged \(.+\); restore it .+\n", shown)


@pytest.mark.parametrize("prefix", ["", "x", -1, b"\xff\xfe", "10.0.0.1/8"])
def test_a_damaged_prefix_in_the_history_is_an_error_of_the_history(prefix: Any, tmp_path: Path) -> None:
    place = recorded(tmp_path)
    engine = create_engine(f"sqlite:///{place}")
    with engine.begin() as connection:
        connection.execute(update(places).values(prefix=prefix))
    engine.dispose()
    with open_history(place) as history, pytest.raises(HistoryError, match="what it holds is damaged"):
        record(history, NETWORK, 1)


@pytest.mark.parametrize("kept", [100, 5000, 20000])
def test_a_history_that_was_cut_short_is_one_line(
    kept: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = recorded(tmp_path)
    content = Path(place).read_bytes()
    assert len(content) > kept
    Path(place).write_bytes(content[:kept])
    code, shown = run_main(["history", "--history", place], monkeypatch, capsys)
    assert (code, shown.count("\n"), "internal error" in shown) == (2, 1, False)


WORDS = ["ecmpaudit", "scan", "--config"]
EVERY = dt.timedelta(minutes=15)


@pytest.mark.parametrize("name", ["a\nb", "a\rb", "a\x0bb", "a\u2028b", "a\x85b"], ids=ascii)
def test_a_schedule_takes_no_name_that_ends_a_line(name: str) -> None:
    words = [*WORDS, name]
    for write in (
        lambda: cron_line(words, EVERY),
        lambda: systemd_units(words, EVERY, 600),
        lambda: kubernetes_cron_job(words, EVERY, 600, "image"),
        lambda: kubernetes_cron_job(WORDS, EVERY, 600, name),
    ):
        with pytest.raises(ConfigurationError, match="has a line end or another character that cannot be printed"):
            write()


def test_cron_gets_a_percent_sign_escaped_and_no_backslash() -> None:
    assert cron_line([*WORDS, "100%"], EVERY).splitlines()[-1] == r"*/15 * * * * ecmpaudit scan --config 100\%"
    with pytest.raises(ConfigurationError, match="some versions of cron remove a backslash"):
        cron_line([*WORDS, r"a\%b"], EVERY)


def test_a_surrogate_in_a_manifest_is_shown_as_an_escape(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capture = Capture(router="tor1", platform="frr", command="show ip route", text=Path(SEED).read_text(), source="x")
    save([capture], tmp_path / "saved", started="2026-11-20T10:15:00Z")
    manifest = tmp_path / "saved" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"tor1"', r'"\ud800"'))
    for command in (["analyze"], ["analyze", "-f", "json"], ["routes"], ["routes", "-f", "csv"]):
        code, shown = run_main([*command, str(tmp_path / "saved")], monkeypatch, capsys)
        assert ("internal error" in shown, "ud800" in shown, code in {0, 1, 3}) == (False, True, True)
