"""Borders of what is collected: sizes, indexes and links at which one step more or less changes what is read."""

from __future__ import annotations

import io
import json
import stat
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.collectors.answer_budget import LARGE, AnswerBudget, BudgetSpentError
from ecmpaudit.collectors.files import read_inputs
from tests.test_bundles import ROUTE, ROUTE_6, read, read_files, tar_with

if TYPE_CHECKING:
    from pathlib import Path

    from ecmpaudit.model import Capture

MEBIBYTE = 1 << 20


def result(tmp_path: Path, **values: object) -> list[Capture]:
    """Return the captures of a result of Ansible for tor1."""
    (tmp_path / "tor1").write_text(json.dumps({"changed": False, **values}), encoding="utf-8")
    return read_inputs([str(tmp_path / "tor1")])


def test_each_text_of_a_network_module_has_its_own_command(tmp_path: Path) -> None:
    commands = {"module_args": {"commands": ["show ip route", {"command": "show ipv6 route"}]}}
    found = result(tmp_path, stdout=[ROUTE, ROUTE_6, "rest"], invocation=commands)
    assert [(each.command, each.text) for each in found] == [
        ("show ip route", ROUTE),
        ("show ipv6 route", ROUTE_6),
        (None, "rest"),
    ]


@pytest.mark.parametrize(
    "given, status, failure",
    [
        pytest.param(0, 0, None, id="zero"),
        pytest.param(2, 2, "Ansible reports: no such command", id="not zero"),
        pytest.param("2", None, None, id="a text is no status"),
        pytest.param(None, None, None, id="none"),
    ],
)
def test_the_exit_status_of_a_result_is_that_of_its_answer(
    tmp_path: Path, given: object, status: int | None, failure: str | None
) -> None:
    (found,) = result(tmp_path, cmd="ip route", stdout=ROUTE, stderr="no such command", rc=given)
    assert (found.exit_status, found.failure, found.text) == (status, failure, ROUTE)


def test_an_answer_that_fills_the_memory_exactly_stays_in_it() -> None:
    exact, beyond = AnswerBudget(1).buffer(), AnswerBudget(1).buffer()
    exact.append(b"x" * MEBIBYTE)
    beyond.append(b"x" * (MEBIBYTE + 1))
    assert exact.close() is None
    assert beyond.close() is not None


@pytest.mark.parametrize("character, fits", [("a", MEBIBYTE), ("é", MEBIBYTE // 8), ("\U0001f300", MEBIBYTE // 16)])
def test_a_text_costs_what_it_takes_in_memory(character: str, fits: int) -> None:
    """Four bytes for each byte of a text that is not ASCII: a character of two bytes costs eight."""
    exact, beyond = AnswerBudget(1).buffer(), AnswerBudget(1).buffer()
    exact.append(character.encode() * fits)
    beyond.append(character.encode() * (fits + 1))
    assert (exact.close() is None, beyond.close() is None) == (True, False)


def test_memory_that_is_given_up_is_free_once() -> None:
    budget = AnswerBudget(1)
    buffer = budget.buffer()
    buffer.append(b"x" * (MEBIBYTE // 2))
    buffer.append(b"x" * MEBIBYTE)  # into a file, and what was in memory as well
    assert budget.has_memory(MEBIBYTE)
    buffer.discard()
    assert not budget.has_memory(MEBIBYTE + 1)


def test_giving_back_frees_what_is_named_and_no_more() -> None:
    budget = AnswerBudget(1)
    assert budget.takes(MEBIBYTE)
    assert not budget.has_memory(1)
    budget.give_back(disk=MEBIBYTE)
    assert not budget.has_memory(1)
    budget.give_back(memory=10)
    assert (budget.has_memory(10), budget.has_memory(11)) == (True, False)


def test_giving_back_memory_leaves_the_disk_as_it_is() -> None:
    budget = AnswerBudget(1)
    assert not budget.take(8 * MEBIBYTE, 0, from_memory=False)
    budget.give_back(memory=MEBIBYTE)
    with pytest.raises(BudgetSpentError):
        budget.take(1, 0, from_memory=False)


def test_an_answer_that_is_given_up_twice_is_freed_once() -> None:
    budget = AnswerBudget(1)
    buffer = budget.buffer()
    buffer.append(b"x" * 2 * MEBIBYTE)
    buffer.discard()
    buffer.discard()
    assert not budget.take(8 * MEBIBYTE, 0, from_memory=False)
    with pytest.raises(BudgetSpentError):
        budget.take(1, 0, from_memory=False)


def test_an_answer_in_memory_that_is_given_up_frees_no_disk() -> None:
    budget = AnswerBudget(1)
    buffer = budget.buffer()
    buffer.append(b"x" * MEBIBYTE)
    buffer.discard()
    assert budget.has_memory(MEBIBYTE)
    assert not budget.take(8 * MEBIBYTE, 0, from_memory=False)
    with pytest.raises(BudgetSpentError):
        budget.take(1, 0, from_memory=False)


@pytest.mark.parametrize("size", [511, 512, 513])
def test_a_file_as_short_as_the_head_of_an_archive_is_a_text(tmp_path: Path, size: int) -> None:
    text = ROUTE * 8
    (tmp_path / "tor1.txt").write_text(text[:size], encoding="utf-8")
    (found,) = read_inputs([str(tmp_path / "tor1.txt")])
    assert (found.text, found.failure) == (text[:size], None)


def linked(number: int) -> list[tarfile.TarInfo | tuple[str, str]]:
    """Return a file, and so many links that lead to one another and at last to the file."""
    entries: list[tarfile.TarInfo | tuple[str, str]] = [("d/file", ROUTE)]
    for index in range(number):
        info = tarfile.TarInfo(f"d/link{index}")
        info.type, info.linkname = tarfile.SYMTYPE, f"link{index + 1}" if index + 1 < number else "file"
        entries.append(info)
    return entries


def test_ten_steps_of_links_are_followed_and_no_further_one(tmp_path: Path) -> None:
    captures = read(tmp_path, tar_with(*linked(11)))
    assert len(captures) == 12
    reasons = [capture.failure for capture in captures if capture.failure]
    assert reasons == ["1 member not read (a link to what is not in the bundle): d/link0 -> d/link1"]
    (tmp_path / "ten").mkdir()
    assert all(capture.text == ROUTE for capture in read(tmp_path / "ten", tar_with(*linked(10))))


def zip_with(name: str, text: str, *, system: int, mode: int = stat.S_IFREG | 0o644) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("x")
        info.filename, info.create_system, info.external_attr = name, system, mode << 16
        archive.writestr(info, text)
        archive.writestr("site/b.txt", ROUTE_6)
    return stream.getvalue()


@pytest.mark.parametrize("system, names", [(0, {"site/a.txt", "site/b.txt"}), (3, {"site\\a.txt", "site/b.txt"})])
def test_a_backslash_is_a_folder_in_archives_of_windows_only(tmp_path: Path, system: int, names: set[str]) -> None:
    captures = read(tmp_path, zip_with("site\\a.txt", ROUTE, system=system), "bundle.zip")
    assert {capture.source.removeprefix(f"{tmp_path}/").removeprefix("bundle/") for capture in captures} == names


@pytest.mark.parametrize("length, is_whole", [(4096, True), (4097, False)])
def test_the_target_of_a_link_in_a_zip_archive_is_read_to_its_longest_path(
    tmp_path: Path, length: int, *, is_whole: bool
) -> None:
    folders = "/".join(["d" * 200] * 20)
    target = f"{folders}/{'f' * (length - len(folders) - 1)}"
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, target)
        archive.writestr(target, ROUTE)
    captures = read(tmp_path, stream.getvalue(), "bundle.zip")
    assert any(capture.source.endswith("/link.txt") for capture in captures if not capture.failure) is is_whole


def test_a_member_of_any_size_is_read_behind_its_header(tmp_path: Path) -> None:
    """What a header may take is counted for headers only, and anew for each."""
    text = ROUTE * (3 * MEBIBYTE // len(ROUTE))
    captures = read(tmp_path, tar_with(("a/tor1.txt", text), ("b/tor2.txt", text), ("c/tor3.txt", ROUTE_6)))
    assert {name: len(text) for name, text in read_files(captures, tmp_path).items()}
    assert sorted(len(capture.text) for capture in captures if capture.file is None) == sorted(
        len(each) for each in (text, text, ROUTE_6)
    )


@pytest.mark.parametrize("size, is_in_file", [(LARGE - 1, False), (LARGE, True)])
def test_a_text_of_the_size_of_large_ones_is_in_a_file(size: int, *, is_in_file: bool) -> None:
    buffer = AnswerBudget(64).buffer()
    buffer.append(b"x" * size)
    assert (buffer.close() is not None) is is_in_file
