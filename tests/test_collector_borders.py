"""Borders of what is collected: sizes, indexes and links at which one step more or less changes what is read."""

from __future__ import annotations

import io
import json
import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest

from ecmpaudit.collectors.answer import ended
from ecmpaudit.collectors.answer_budget import LARGE, AnswerBudget, BudgetSpentError
from ecmpaudit.collectors.capture_texts import is_large, portions_of
from ecmpaudit.collectors.files import read_inputs
from ecmpaudit.collectors.kubectl.failures import failure_of
from ecmpaudit.collectors.snapshot import Folder
from ecmpaudit.collectors.target import Target
from ecmpaudit.collectors.transports import openssh
from ecmpaudit.collectors.transports.terminal import TerminalText
from ecmpaudit.model import Capture
from tests.test_bundles import ROUTE, ROUTE_6, read, read_files, tar_with

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


MARK = '"ecmpaudit_snapshot"'


@pytest.mark.parametrize("end, is_one", [(len(MARK) + 1, True), (200, True), (201, False)])
def test_the_mark_of_a_snapshot_ends_within_200_bytes_in_a_folder_and_in_a_bundle(
    tmp_path: Path, end: int, *, is_one: bool
) -> None:
    """A manifest of an unknown version is refused; any other JSON is a text."""
    manifest = "{" + " " * (end - len(MARK) - 1) + MARK + ": 999}"
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "manifest.json").write_text(manifest, encoding="utf-8")
    (tmp_path / "other").mkdir()
    of_bundle = read(tmp_path / "other", tar_with(("saved/manifest.json", manifest)))
    for captures in (read_inputs([str(tmp_path / "saved")]), of_bundle):
        assert any("snapshot version 999" in (capture.failure or "") for capture in captures) is is_one


@pytest.mark.parametrize("blank_lines", [0, 1, 2])
def test_an_answer_below_a_heading_has_the_number_of_its_first_line(tmp_path: Path, blank_lines: int) -> None:
    log = tmp_path / "tor1" / "var" / "log" / "frr" / "zebra_support_bundle.log"
    log.parent.mkdir(parents=True)
    text = "\n" * blank_lines + f">>[2024-01-02]show ip route\n{ROUTE}>>[]show ipv6 route\n{ROUTE_6}"
    log.write_text(text, encoding="utf-8")
    first, second = read_inputs([str(tmp_path / "tor1")])
    assert (first.text, first.first_line) == (ROUTE, blank_lines + 2)
    assert (second.text, second.first_line) == (ROUTE_6, blank_lines + 4)


def capture_in(file: str | None) -> Capture:
    return Capture(router="tor1", platform="frr", command=None, text="", source="t", file=file)


def test_a_text_is_large_from_its_size_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.capture_texts.LARGE", 200)
    for size, expected in ((199, False), (200, True), (201, True)):
        (tmp_path / "text").write_bytes(b"x" * size)
        assert is_large(capture_in(str(tmp_path / "text"))) is expected
    assert is_large(capture_in(None)) is False
    assert is_large(capture_in(str(tmp_path / "nowhere"))) is False


@pytest.mark.parametrize("size, is_kept", [(199, False), (200, True)])
def test_a_text_of_a_snapshot_stays_in_its_file_from_that_size_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, *, is_kept: bool
) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.snapshot.LARGE", 200)
    place = Folder(tmp_path, AnswerBudget(1)).stays("a.txt", size)
    assert place == (str(tmp_path / "a.txt") if is_kept else None)


def test_a_text_of_a_snapshot_stays_in_its_file_where_no_memory_is_left(tmp_path: Path) -> None:
    budget = AnswerBudget(1)
    folder = Folder(tmp_path, budget)
    assert folder.stays("a.txt", MEBIBYTE - 10) is None
    assert folder.stays("b.txt", 11) == str(tmp_path / "b.txt")
    assert folder.stays("c.txt", 10) is None


def xz_with_window(bits: int) -> bytes:
    """Return a text in xz whose header asks for a window of this size: (2 or 3) << (bits / 2 + 11)."""
    packed = bytearray(lzma.compress(ROUTE.encode()))
    length = (packed[12] + 1) * 4
    filters = packed.index(b"\x21\x01", 12)
    packed[filters + 2] = bits
    packed[12 + length - 4 : 12 + length] = struct.pack("<I", zlib.crc32(packed[12 : 12 + length - 4]))
    return bytes(packed)


@pytest.mark.parametrize("bits, is_read", [(28, True), (29, True), (30, False)], ids=["64 MiB", "96 MiB", "128 MiB"])
def test_a_packed_file_may_ask_for_a_window_of_less_than_128_mebibytes(
    tmp_path: Path, bits: int, *, is_read: bool
) -> None:
    """What it takes beside its window counts as well."""
    (tmp_path / "tor1.xz").write_bytes(xz_with_window(bits))
    (found,) = read_inputs([str(tmp_path / "tor1.xz")])
    assert (found.text == ROUTE, "Memory usage limit" in (found.failure or "")) == (is_read, not is_read)


def test_a_missing_file_is_looked_for_in_twenty_bundles(tmp_path: Path) -> None:
    for number in range(1, 22):
        folder = f"site{number:02}"
        bundle = tar_with((f"{folder}/tor1.txt", ROUTE), (f"{folder}/tor2.txt", ROUTE_6))
        (tmp_path / f"{number:02}.tar").write_bytes(bundle)
    (tmp_path / "00.txt").write_text("no bundle", encoding="utf-8")
    (tmp_path / "00.tar").mkdir()

    def found(number: int) -> str | None:
        (capture,) = read_inputs([str(tmp_path / f"site{number:02}" / "tor2.txt")])
        return capture.failure

    missing = "cannot be read: No such file or directory"
    assert [found(number) for number in (1, 20, 21)] == [None, None, missing]


def test_the_bundle_with_the_name_of_the_missing_folder_is_looked_into_first(tmp_path: Path) -> None:
    for number in range(1, 22):
        (tmp_path / f"{number:02}.tar").write_bytes(tar_with((f"site{number:02}/tor1.txt", ROUTE)))
    (tmp_path / "zz.tar").write_bytes(tar_with(("zz/tor1.txt", ROUTE)))
    (capture,) = read_inputs([str(tmp_path / "zz" / "tor1.txt")])
    assert (capture.failure, capture.text) == (None, ROUTE)


def test_a_bundle_that_comes_through_a_pipe_is_read_once(tmp_path: Path) -> None:
    """As by `ecmpaudit analyze <(curl …)`: what was read of a pipe cannot be read again."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("leafs/tor1.txt", ROUTE)
        archive.writestr("leafs/tor2.txt", ROUTE_6)
    source, target = os.pipe()
    with os.fdopen(target, "wb") as writer:
        writer.write(stream.getvalue())
    try:
        captures = read_inputs([f"/dev/fd/{source}"])
    finally:
        os.close(source)
    assert [(capture.text, capture.failure) for capture in captures] == [(ROUTE, None), (ROUTE_6, None)]
    (tmp_path / "same.zip").write_bytes(stream.getvalue())
    assert [capture.text for capture in read_inputs([str(tmp_path / "same.zip")])] == [ROUTE, ROUTE_6]


def long_header(size: int) -> bytes:
    """Return a tar archive of one file whose header takes this many bytes, with a comment that nobody reads."""
    padding = size - 2 * tarfile.BLOCKSIZE
    comment = f"{padding} comment="
    value = (comment + "x" * (padding - len(comment) - 1) + "\n").encode()
    header = tarfile.TarInfo("header")
    header.type, header.size = tarfile.XHDTYPE, len(value)
    member = tarfile.TarInfo("leafs/tor1.txt")
    member.size = len(ROUTE)
    content = ROUTE.encode().ljust(tarfile.BLOCKSIZE, b"\0")
    return header.tobuf() + value + member.tobuf() + content + bytes(2 * tarfile.BLOCKSIZE)


@pytest.mark.parametrize("size, is_read", [(MEBIBYTE, True), (MEBIBYTE + 512, False)])
def test_the_header_of_a_member_takes_one_mebibyte_at_most(tmp_path: Path, size: int, *, is_read: bool) -> None:
    captures = read(tmp_path, long_header(size))
    reasons = [capture.failure for capture in captures if capture.failure]
    assert reasons == ([] if is_read else ["the header of a member takes more than 1 MiB"])
    assert any(capture.text == ROUTE for capture in captures) is is_read


def test_a_tar_archive_that_ends_with_its_first_header_is_cut_short(tmp_path: Path) -> None:
    """512 bytes are enough to know it by."""
    member = tarfile.TarInfo("leafs/tor1.txt")
    member.size = len(ROUTE)
    reasons = [capture.failure or "" for capture in read(tmp_path, member.tobuf())]
    assert any("the tar archive is damaged or cut short" in reason for reason in reasons)


def test_one_answer_may_have_two_gibibytes() -> None:
    assert Target(name="tor1", host="2001:db8::1").answer_limit == 2_147_483_648


# answers on a command line


@pytest.mark.parametrize(
    "line, shown",
    [
        ("B 198.51.100.7/32", "B 198.51.100.7/32"),
        ("B 198.51.100.8\b7/32", "B 198.51.100.7/32"),
        ("12 %\rB 198.51.100.7/32", "B 198.51.100.7/32"),
        (" --More-- \b\b\b\b\b\b\b\b\b\bB 2001:db8::7/128", "B 2001:db8::7/128"),
        (" --More-- \r\bB 2001:db8::7/128", "B 2001:db8::7/128"),
        ("\b\bB 198.51.100.7/32", "B 198.51.100.7/32"),
    ],
)
def test_a_line_is_what_a_terminal_shows_after_backspaces(line: str, shown: str) -> None:
    assert TerminalText("show ip route", "tor1#", str).feed(f"{line}\n") == f"{shown}\n"


@pytest.mark.parametrize("echo", ["", "tor1#show ip route", "tor1# show ip  route", "show ip route"])
def test_the_echo_of_a_command_is_no_part_of_its_answer(echo: str) -> None:
    shown = TerminalText("show ip route", "tor1#", str).feed(f"{echo}\nB 198.51.100.7/32\nshow ip route\n")
    assert shown == "B 198.51.100.7/32\nshow ip route\n"


@pytest.mark.parametrize(
    "text, is_of_cluster",
    [
        ("error: getting credentials: exec: executable aws not found", True),
        ("Unable to connect to the server: x509: certificate signed by unknown authority", True),
        ("error: You must be logged in to the server (Unauthorized)", True),
        ("The connection to the server 192.0.2.1:6443 was refused", True),
        ('Error from server (Forbidden): nodes is forbidden: User "a" cannot list resource "nodes"', False),
    ],
)
def test_a_failure_that_every_call_would_have_is_one_of_the_cluster(text: str, *, is_of_cluster: bool) -> None:
    assert failure_of(text).is_of_cluster is is_of_cluster


@pytest.mark.parametrize(
    "complaint, said",
    [
        (b"no such table\nHint: use main\nHint: or local\n", ": no such table Hint: use main"),
        (b"\nno such table\nmore\nHint: use main\n", ": no such table"),
        (b"", ""),
    ],
)
def test_a_failed_command_says_the_first_line_of_its_complaint_and_a_hint_below(complaint: bytes, said: str) -> None:
    output = AnswerBudget().buffer()
    output.complain(complaint)
    answer = ended(1, output)
    assert answer.failure == f"the command failed with exit status 1{said}"


def test_a_snapshot_in_an_archive_whose_manifest_is_damaged_is_reported(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("manifest.json", json.dumps({"ecmpaudit_snapshot": 1, "captures": []}))
        archive.writestr("001.txt", ROUTE)
    damaged = stream.getvalue().replace(b"ecmpaudit_snapshot", b"ecmpaudit_snapshoT", 1)
    captures = read(tmp_path, damaged, "scan.zip")
    assert [(each.source, each.failure) for each in captures if each.failure] == [
        (str(tmp_path / "scan/manifest.json"), "cannot be read: Bad CRC-32 for file 'manifest.json'")
    ]
    assert read_files(captures, tmp_path) == {"scan/001.txt": ROUTE}


def test_a_snapshot_in_an_archive_beyond_the_budget_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"router": "tor1", "platform": "frr", "command": "show ip route", "file": "001.txt", "started": "now"}
    manifest = json.dumps({"ecmpaudit_snapshot": 1, "captures": [entry]})
    content = tar_with(("manifest.json", manifest), ("001.txt", ROUTE * 20_000))
    monkeypatch.setattr("ecmpaudit.collectors.answer_budget._ON_DISK", 0)
    (found,) = read(tmp_path, content, "scan.tar", memory=1)
    assert found.is_given_up
    assert found.failure is not None
    assert "memory" in found.failure


def test_a_long_text_is_given_in_portions_that_keep_a_word_and_its_secret_together(tmp_path: Path) -> None:
    line = f"{'x' * 1023}\n"
    word = "neighbor 192.0.2.1 password".ljust(1023)
    lines = [*[line] * 1023, f"{word}\n", "geheim\n", line[1:], *[line] * 2048, "end\n"]
    (tmp_path / "answer").write_text("".join(lines), encoding="utf-8")
    capture = Capture("tor1", "frr", "show running-config", "", "tor1", file=str(tmp_path / "answer"))
    portions = list(portions_of(capture))
    assert "".join(portions) == "".join(lines)
    # The first mebibyte is full with the word, 1,024 lines after it lack a character of the next one.
    assert [portion.count("\n") for portion in portions] == [1025, 1025, 1024, 1]


@pytest.mark.parametrize(
    "home, expected",
    [("/home/audit", ["/home/audit/.ssh/config", "/etc/ssh/ssh_config"]), (None, ["/etc/ssh/ssh_config"])],
    ids=["with a home folder", "without one"],
)
def test_ssh_has_the_files_of_the_user_and_of_the_system(
    monkeypatch: pytest.MonkeyPatch, home: str | None, expected: list[str]
) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.transports.openssh.home", lambda: home and Path(home))
    found = openssh._files_of_user(Target("tor1", "192.0.2.1", platform="frr"))
    assert [str(file) for file in found] == expected
