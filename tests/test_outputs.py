"""`-o`: several reports in one run, each in its form, each written whole or not at all."""

from __future__ import annotations

import json
import os
import re
import stat
import threading
from pathlib import Path

import pytest
import rich_click as click

from ecmpaudit.cli.outputs import parse_output, refuse_two_in_one_file
from ecmpaudit.commands.options import Output
from ecmpaudit.commands.output import write_file
from ecmpaudit.errors import EcmpauditError
from ecmpaudit.reporting.formats import FORMS, Format
from tests.program import ecmpaudit, ecmpaudit_process

SEED = "tests/fixtures/frr/show_ip_route--seed.txt"


@pytest.mark.parametrize(
    "text, path, form",
    [
        ("report.json", "report.json", Format.JSON),
        ("prometheus:ecmp.prom", "ecmp.prom", Format.PROMETHEUS),
        ("json:report.txt", "report.txt", Format.JSON),
        ("gitlab:a:b.json", "a:b.json", Format.GITLAB),
        ("a:b.json", "a:b.json", Format.JSON),
        ("./json:x.md", "./json:x.md", Format.MARKDOWN),
        ("/var/log/x.SARIF", "/var/log/x.SARIF", Format.SARIF),
    ],
)
def test_an_output_is_a_file_and_its_form(text: str, path: str, form: Format) -> None:
    assert parse_output(text) == Output(Path(path), form)


@pytest.mark.parametrize("text", ["report", "json", "json:", "-", "", "report.html5", "nosuch:file"])
def test_a_name_without_a_known_form_is_refused_with_the_known_forms(text: str) -> None:
    with pytest.raises(click.BadParameter, match=r"unknown form: .*FORMAT:FILE with one of text, json"):
        parse_output(text)


def test_two_reports_in_one_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to(tmp_path / "a.json")
    outputs = [Output(tmp_path / "a.json", Format.JSON), Output(tmp_path / "link.json", Format.JSON)]
    with pytest.raises(click.BadParameter, match="named more than once"):
        refuse_two_in_one_file(outputs)


def test_one_run_writes_every_form_and_with_q_nothing_to_standard_output(tmp_path: Path) -> None:
    words = [word for form in FORMS for word in ("-o", f"{form}:{tmp_path}/{form}")]
    run = ecmpaudit("analyze", SEED, "-q", *words)
    assert (run.returncode, run.stdout, run.stderr) == (1, "", "")
    assert {path.name for path in tmp_path.iterdir()} == set(FORMS)
    assert json.loads((tmp_path / "json").read_text())["findings"][0]["code"] == "ECMP101"
    assert (tmp_path / "parquet").read_bytes().startswith(b"PAR1")


CLUSTER = "tests/fixtures/kubernetes/cilium--all.json"
COMMANDS = {
    "analyze": (["analyze", SEED], ["txt", "json", "html", "htm", "md", "csv", "parquet", "xml", "sarif", "prom"]),
    "explain": (["explain", "172.31.1.1", SEED], ["txt", "json"]),
    "diff": (["diff", SEED, SEED], ["txt", "json"]),
    "expect": (["expect", "--kube-dump", CLUSTER], ["txt", "json", "yaml", "yml"]),
    "routes": (["routes", SEED], ["txt", "json", "csv", "parquet"]),
    "history": (["history", "--history", "runs.sqlite"], ["txt", "json"]),
    "report": (["report", "--history", "runs.sqlite"], ["txt", "json", "md", "html", "htm"]),
}
STARTS = {
    "json": b"{",
    "html": b"<!doctype",
    "htm": b"<!doctype",
    "parquet": b"PAR1",
    "yaml": b"nodes:",
    "yml": b"nodes:",
}
EVERY = {ending for _, endings in COMMANDS.values() for ending in endings}


@pytest.fixture(name="history", scope="module")
def _history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("history") / "runs.sqlite"
    assert ecmpaudit("analyze", SEED, "--record", "--history", place).returncode == 1
    return place


def without_moments(text: str) -> str:
    """Return the text without the moment of now, by which a report over time ends, and without ages until then."""
    moment, age = r"(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d(?::\d\d)?", r"\d+ (?:min|s)\b"
    return re.sub(f"{moment}|{age}", "NOW", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_in_every_command_the_name_of_a_file_says_its_form_and_leaves_standard_output_alone(
    name: str, history: Path, tmp_path: Path
) -> None:
    words, endings = COMMANDS[name]
    words = [str(history) if word == "runs.sqlite" else word for word in words]
    alone = ecmpaudit(*words)
    files = [word for ending in endings for word in ("-o", str(tmp_path / f"x.{ending}"))]
    run = ecmpaudit(*words, *files)
    assert (run.returncode, run.stderr) == (alone.returncode, alone.stderr)
    assert without_moments(run.stdout) == without_moments(alone.stdout)
    for ending in endings:
        assert (tmp_path / f"x.{ending}").read_bytes().startswith(STARTS.get(ending, b""))
    assert without_moments((tmp_path / "x.txt").read_text()) == without_moments(alone.stdout)
    quiet = ecmpaudit(*words, "-q", "-o", f"json:{tmp_path / 'other.txt'}")
    assert (quiet.returncode, quiet.stdout) == (alone.returncode, "")
    silent = ecmpaudit(*words, "-f", "json", "-q")
    assert (silent.returncode, silent.stdout, silent.stderr) == (alone.returncode, "", alone.stderr)
    printed = ecmpaudit(*words, "-f", "json")
    written = [(tmp_path / file).read_text() for file in ("x.json", "other.txt")]
    assert {*map(without_moments, written)} == {without_moments(printed.stdout)}
    for ending in EVERY - {*endings}:
        refused = ecmpaudit(*words, "-o", tmp_path / f"y.{ending}")
        assert (refused.returncode, refused.stdout) == (2, "")
        assert f"y.{ending}: unknown form: end the name in one of .txt, " in " ".join(refused.stderr.split())


@pytest.mark.parametrize("flag", [["--summary"], ["--explain-line", "14"]], ids=["summary", "explain_line"])
def test_a_part_of_routes_that_is_text_alone_is_refused_in_another_form(flag: list[str], tmp_path: Path) -> None:
    run = ecmpaudit("routes", SEED, *flag, "-o", tmp_path / "x.json")
    assert (run.returncode, f"{flag[0]} is text only" in run.stderr, list(tmp_path.iterdir())) == (2, True, [])
    assert ecmpaudit("routes", SEED, *flag, "-q", "-o", tmp_path / "x.txt").stdout == ""
    assert (tmp_path / "x.txt").read_text() == ecmpaudit("routes", SEED, *flag).stdout


def test_format_is_for_standard_output_and_does_not_replace_files(tmp_path: Path) -> None:
    run = ecmpaudit("analyze", SEED, "-f", "json", "-o", tmp_path / "report.md")
    assert json.loads(run.stdout)["findings"][0]["code"] == "ECMP101"
    assert (tmp_path / "report.md").read_text().startswith("## 1 warning")
    quiet = ecmpaudit("analyze", SEED, "-q", "-f", "json", "-o", tmp_path / "again.md")
    assert (quiet.stdout, (tmp_path / "again.md").exists()) == ("", True)


def test_a_binary_form_goes_through_a_pipe_unchanged(tmp_path: Path) -> None:
    run = ecmpaudit_process("analyze", SEED, "-f", "parquet", "-o", tmp_path / "x.parquet")
    assert run.output == (tmp_path / "x.parquet").read_bytes()
    assert ecmpaudit_process("routes", SEED, "-f", "parquet").output[-4:] == b"PAR1"


def test_a_file_that_cannot_be_written_stops_no_other_report(tmp_path: Path) -> None:
    run = ecmpaudit("analyze", SEED, "-f", "text", "-o", f"json:{tmp_path}", "-o", tmp_path / "report.json")
    assert (run.returncode, "ECMP101" in run.stdout, "cannot be written: Is a directory" in run.stderr) == (
        2,
        True,
        True,
    )
    assert json.loads((tmp_path / "report.json").read_bytes())["findings"]


def test_the_suffix_of_the_file_sets_the_form_of_a_route_table_too(tmp_path: Path) -> None:
    for name in ("x.parquet", "x.csv", "x.json", "x.txt"):
        ecmpaudit("routes", SEED, "-o", tmp_path / name)
    starts = [(tmp_path / name).read_bytes()[:4] for name in ("x.parquet", "x.csv", "x.json", "x.txt")]
    assert starts == [b"PAR1", b"rout", b"{\n  ", b"rout"]


@pytest.mark.parametrize(
    "name, complaint",
    [
        ("report", "report: unknown form: end the name in one of .txt"),
        ("/no/such/folder/x.md", "/no/such/folder/x.md: cannot be written: /no/such/folder is not a folder"),
    ],
)
def test_a_wrong_output_is_refused_before_anything_is_read(name: str, complaint: str) -> None:
    run = ecmpaudit("analyze", "no-such-file", "-o", name)
    assert (run.returncode, complaint in run.stderr, "no-such-file" in run.stderr) == (2, True, False)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "x", b"1")
    finally:
        os.umask(before)
    assert mode(tmp_path / "x") == 0o640


def test_an_existing_file_keeps_its_permissions_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"1")
    (tmp_path / "x").chmod(0o604)
    (tmp_path / "link").symlink_to("x")
    write_file(tmp_path / "link", b"2")
    assert ((tmp_path / "x").read_bytes(), mode(tmp_path / "x")) == (b"2", 0o604)
    assert (tmp_path / "link").is_symlink()


def test_a_reader_sees_the_old_file_or_the_new_one_and_never_a_part(tmp_path: Path) -> None:
    file, whole = tmp_path / "x", {bytes([number]) * 500_000 for number in range(4)}
    file.write_bytes(bytes(500_000))
    seen: set[bytes] = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(file.read_bytes())

    reader = threading.Thread(target=look)
    reader.start()
    for content in sorted(whole) * 5:
        write_file(file, content)
    done.set()
    reader.join()
    assert seen <= whole
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EcmpauditError, match=r"--output .*/x: cannot be written: No space left on device"):
        write_file(tmp_path / "x", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("x", b"old")]


def test_a_pipe_and_a_device_are_written_to_and_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write_file(tmp_path / "pipe", b"through")
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b"through"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    write_file(Path("/dev/null"), b"gone")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_folder_in_the_place_of_the_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(EcmpauditError, match="cannot be written: Is a directory"):
        write_file(tmp_path, b"")
