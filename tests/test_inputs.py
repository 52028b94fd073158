"""Reading files: packed ones, large ones that are not loaded, and damaged ones that cannot be unpacked."""

from __future__ import annotations

import bz2
import errno
import gzip
import lzma
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from backports import zstd

from ecmpaudit.auditing.run import read_material
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.capture_texts import lines_of, loaded
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.parsing.text_parsing import parse_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = Path(__file__).parent / "fixtures" / "frr" / "show_ip_route--seed.txt"
ROUTE = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01\n"
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}


@pytest.fixture
def no_file_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.files.LARGE", 1)
    monkeypatch.setattr("ecmpaudit.collectors.capture_texts.LARGE", 1)


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_file_is_unpacked(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / f"tor1.txt.{suffix}"
    file.write_bytes(PACKERS[suffix](SEED.read_bytes()))
    (capture,) = read_inputs([str(file)])
    assert capture.text == SEED.read_text()


def test_a_packed_file_is_known_by_its_content_and_named_without_the_suffix(tmp_path: Path) -> None:
    (tmp_path / "tor1.txt.gz").write_bytes(gzip.compress(ROUTE.encode()))
    (tmp_path / "tor2").write_bytes(gzip.compress(ROUTE.encode()))
    assert [table.router for table in read_material(read_inputs([str(tmp_path)])).tables] == ["tor1", "tor2"]


def test_a_folder_is_read_with_its_subfolders_but_without_hidden_files(tmp_path: Path) -> None:
    for name in ("b/tor2.txt", "a.txt", ".git/config", "b/.tor2.txt.swp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(ROUTE)
    assert [capture.source for capture in read_inputs([str(tmp_path)])] == [
        str(tmp_path / "a.txt"),
        str(tmp_path / "b" / "tor2.txt"),
    ]


def test_files_of_a_folder_that_cannot_be_read_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tor1.txt").write_text(ROUTE)
    (tmp_path / "tor2.txt").symlink_to("nowhere")
    closed = tmp_path / "closed"
    closed.mkdir()
    scandir = os.scandir

    def refusing(path: str) -> Iterator[os.DirEntry[str]]:
        """Root may read everything, so the refusal is made up."""
        if Path(path) == closed:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert [(capture.source, capture.failure) for capture in read_inputs([str(tmp_path)])] == [
        (str(tmp_path / "tor1.txt"), None),
        (str(tmp_path / "tor2.txt"), "cannot be read: No such file or directory"),
        (str(closed), "cannot be read: Permission denied"),
    ]


@pytest.mark.parametrize(
    "number,reason", [(errno.EBADF, "it is closed"), (errno.EIO, "Input/output error")], ids=["closed", "broken"]
)
def test_standard_input_that_cannot_be_read_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def fail(_: int) -> bytes:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=SimpleNamespace(read=fail)))
    (capture,) = read_inputs(["-"])
    assert capture.failure == f"standard input cannot be read: {reason}"


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_file_that_was_cut_is_a_failure_and_no_shorter_table(suffix: str, tmp_path: Path) -> None:
    file = tmp_path / "cut"
    file.write_bytes(PACKERS[suffix](SEED.read_bytes())[:-20])
    (capture,) = read_inputs([str(file)])
    assert capture.text == ""
    assert "data is damaged or cut short" in (capture.failure or "")


@pytest.mark.parametrize("size,is_loaded", [(199, True), (200, False), (201, False)])
def test_a_file_of_the_size_of_large_ones_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, *, is_loaded: bool
) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.files.LARGE", 200)
    (tmp_path / "tor1.txt").write_bytes(b"x" * size)
    (tmp_path / "tor2.txt.gz").write_bytes(gzip.compress(os.urandom(size)))
    plain, packed = read_inputs([str(tmp_path)])
    assert (plain.text == "x" * size, plain.file is None) == (is_loaded, is_loaded)
    assert packed.file is None


@pytest.mark.usefixtures("no_file_is_small")
def test_a_large_file_is_read_without_loading_it(tmp_path: Path) -> None:
    file = tmp_path / "tor1.txt"
    file.write_text(ROUTE)
    (capture,) = read_inputs([str(file)])
    assert (capture.text, capture.file) == ("", str(file))
    (table,) = read_material([capture]).tables
    assert table.capture.file == str(file)
    assert list(table.views()) == [("default", "198.51.100.7/32")]
    assert list(lines_of(capture)) == [ROUTE]


@pytest.mark.usefixtures("no_file_is_small")
@pytest.mark.parametrize(
    "text",
    [
        f"tor9# show ip route\n{ROUTE}tor9# ",
        f"{ROUTE}nonsense\n",
        f"\x1b[1m{ROUTE}",
        f"{ROUTE}\xe9\n".encode("latin-1"),
    ],
    ids=["session", "unknown_line", "colours", "no_utf8"],
)
def test_a_large_file_that_is_no_plain_table_is_loaded_and_parsed_like_a_small_one(
    text: str | bytes, tmp_path: Path
) -> None:
    file = tmp_path / "tor1.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (capture,) = read_inputs([str(file)])
    large, small = read_material([capture]), read_material([loaded(capture, AnswerBudget())])
    assert [table.capture for table in large.tables] == [table.capture for table in small.tables]
    assert [table.unparsed for table in large.tables] == [table.unparsed for table in small.tables]
    assert large.tables[0].capture.text != ""


@pytest.mark.usefixtures("no_file_is_small")
def test_a_large_file_that_vanished_is_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "tor1.txt"
    file.write_text(ROUTE)
    (capture,) = read_inputs([str(file)])
    file.unlink()
    material = read_material([capture])
    assert [failed.failure for failed in material.failed] == [
        f"cannot be read: [Errno 2] No such file or directory: '{file}'"
    ]


@pytest.mark.usefixtures("no_file_is_small")
@pytest.mark.parametrize("is_pasted", [False, True])
@pytest.mark.parametrize("family", [4, 6])
def test_a_file_with_a_prompt_above_its_table_is_parsed_as_a_whole_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: int, *, is_pasted: bool
) -> None:
    """The first lines show that it has to be loaded and split."""
    forms = {4: "198.51.100.{n}/32 via 192.0.2.1", 6: "2001:db8:100::{n:x}/128 via 2001:db8::1"}
    lines = (forms[family].format(n=n).replace(" via", " [20/0] via") for n in range(250))
    table = "".join(f"B>* {line}, eth0, weight 1, 00:00:01\n" for line in lines)
    sizes: list[int] = []

    def counted(text: Any, plan: Any) -> Any:
        sizes.append(len(text))
        return parse_text(text, plan)

    monkeypatch.setattr("ecmpaudit.parsing.reading.parse_text", counted)
    prompt = f"tor1# show {'ip' if family == 4 else 'ipv6'} route\n" if is_pasted else ""
    (tmp_path / "tor1.txt").write_text(prompt + table, encoding="utf-8")
    material = read_material(read_inputs([str(tmp_path / "tor1.txt")]))
    assert len(material.routes) == 250
    assert sum(size >= len(table) for size in sizes) == 1
