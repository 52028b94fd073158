"""Bundles: archives are read as the folders that they hold; one that is damaged or hostile costs a message."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import shutil
import stat
import struct
import sys
import tarfile
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from backports import zstd
from click.testing import CliRunner

from ecmpaudit.cli.main import app
from ecmpaudit.collectors.answer_budget import AnswerBudget
from ecmpaudit.collectors.files import read_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ecmpaudit.model import Capture

FIXTURES = Path(__file__).parent / "fixtures"
ROUTE = "B>* 198.51.100.7/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:00:01\n"
ROUTE_6 = "B>* 2001:db8:100::7/128 [20/0] via 2001:db8::1, eth0, weight 1, 00:00:01\n"
FILES = {"tor1.txt": ROUTE, "b/tor2.txt": ROUTE_6, ".git/config": "x", "nonsense.txt": "?\n"}


def tar_of(files: Mapping[str, str], folder: str = "") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(f"{folder}{name}")
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    return stream.getvalue()


def zip_of(files: Mapping[str, str], folder: str = "") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(f"{folder}{name}", text)
    return stream.getvalue()


def tar_with(*entries: tarfile.TarInfo | tuple[str, str]) -> bytes:
    """Return a tar archive of these entries; a pair is a file with its text."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                archive.addfile(info, io.BytesIO(entry[1].encode()))
    return stream.getvalue()


def entry(name: str, kind: bytes, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tgz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstd.compress,
}


def read(place: Path, content: bytes, name: str = "bundle.tar", memory: int | None = None) -> list[Capture]:
    (place / name).write_bytes(content)
    return read_inputs([str(place / name)], AnswerBudget(memory))


def read_files(captures: list[Capture], place: Path) -> dict[str, str]:
    return {str(Path(c.source).relative_to(place)): c.text for c in captures if c.failure is None}


def failures(captures: list[Capture]) -> list[str]:
    return [capture.failure for capture in captures if capture.failure]


def report(name: str, *options: str) -> tuple[int, bytes]:
    result = CliRunner().invoke(app, ["analyze", name, "-f", "json", *options])
    return result.exit_code, result.stdout_bytes


def packed(folder: Path, beside: Path) -> list[str]:
    """Return the names of all forms that a folder is packed into."""
    plain = tar_packed(folder)
    for suffix, pack in PACKERS.items():
        (beside / f"{folder.name}.{suffix}").write_bytes(pack(plain))
    shutil.make_archive(str(beside / folder.name), "zip", folder.parent, folder.name)
    return [f"{folder.name}.{suffix}" for suffix in (*PACKERS, "zip")]


def tar_packed(folder: Path) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(folder, folder.name)
    return stream.getvalue()


def test_a_folder_and_what_it_was_packed_into_give_the_same_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    seed = (FIXTURES / "frr" / "show_ip_route--seed.txt").read_text()
    folder = tmp_path / "capture"
    (folder / "deeper").mkdir(parents=True)
    (folder / "tor1.txt").write_text(seed)
    (folder / "deeper" / "tor2.txt").write_text(seed.replace(", enp6s0", ", enp7s0"))
    (folder / "deeper" / "nonsense").write_text("no route table\n")
    expected = report("capture")
    assert expected[0] == 1
    assert len(json.loads(expected[1])["routers"]) == 3
    for name in packed(folder, tmp_path):
        assert report(name) == expected, name


def test_a_saved_scan_that_was_packed_is_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(FIXTURES / "scans" / "stale_kernel_route", tmp_path / "scan")
    configuration = str(FIXTURES / "scans" / "ecmpaudit.yaml")
    expected = report("scan", "-c", configuration)
    assert b"ECMP302" in expected[1]
    packed(tmp_path / "scan", tmp_path)
    for name in ("scan.tar.zst", "scan.zip"):
        assert report(name, "-c", configuration) == expected, name


def test_a_packed_scan_that_was_changed_is_refused(tmp_path: Path) -> None:
    manifest = {"ecmpaudit_snapshot": 1, "captures": [{"file": "001.txt"}]}
    captures = read(tmp_path, tar_of({"manifest.json": json.dumps(manifest), "001.txt": ROUTE}, "scan/"))
    assert "capture 1: `router` is missing or of a wrong type" in failures(captures)[0]


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("folder", ["", "./", "bundle/"], ids=["no folder", "a dot", "one folder"])
def test_a_tar_archive_is_read_as_its_folder(tmp_path: Path, suffix: str, folder: str) -> None:
    captures = read(tmp_path, PACKERS[suffix](tar_of(FILES, folder)), f"bundle.{suffix}")
    names = {"bundle/b/tor2.txt": ROUTE_6, "bundle/nonsense.txt": "?\n", "bundle/tor1.txt": ROUTE}
    assert read_files(captures, tmp_path) == names
    assert [capture.source for capture in captures] == [str(tmp_path / name) for name in names]


def test_a_bundle_is_known_by_its_content_and_named_by_its_only_folder(tmp_path: Path) -> None:
    assert list(read_files(read(tmp_path, zip_of(FILES, "leafs/"), "x"), tmp_path)) == [
        "leafs/b/tor2.txt",
        "leafs/nonsense.txt",
        "leafs/tor1.txt",
    ]


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_standard_input_may_be_a_bundle(monkeypatch: pytest.MonkeyPatch, pack: Callable[..., bytes]) -> None:
    stream = io.BytesIO(gzip.compress(pack(FILES, "leafs/")))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=stream))
    assert [capture.source for capture in read_inputs(["-"])] == [
        "leafs/b/tor2.txt",
        "leafs/nonsense.txt",
        "leafs/tor1.txt",
    ]


def test_a_file_in_a_bundle_is_read_by_the_name_that_reports_give_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.tgz").write_bytes(gzip.compress(tar_of(FILES, "other/")))
    (tmp_path / "x.zip").write_bytes(zip_of(FILES, "leafs/"))
    assert [capture.source for capture in read_inputs(["leafs/b/tor2.txt"])] == ["leafs/b/tor2.txt"]
    assert [capture.source for capture in read_inputs(["leafs/b"])] == ["leafs/b/tor2.txt"]
    assert failures(read_inputs(["leafs/b/tor3.txt"])) == ["cannot be read: No such file or directory"]


def test_bundles_inside_of_a_folder_and_of_one_another_are_read_to_a_depth(tmp_path: Path) -> None:
    inner = gzip.compress(tar_of({"tor1.txt": ROUTE}))
    for level in range(3):
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("deeper.zip" if level else "deeper.tgz", inner)
        inner = stream.getvalue()
        (tmp_path / f"level{level}.zip").write_bytes(inner)
    captures = read_inputs([str(tmp_path)])
    assert list(read_files(captures, tmp_path)) == ["level0/deeper/tor1.txt", "level1/deeper/deeper/tor1.txt"]
    assert failures(captures) == ["is a bundle inside of 3 others: unpack them, and name the folder"]


def test_of_two_members_with_one_name_the_last_is_read(tmp_path: Path) -> None:
    captures = read(tmp_path, tar_with(("tor1", "older"), ("tor2", ROUTE_6), ("./tor1", ROUTE)))
    assert read_files(captures, tmp_path) == {"bundle/tor1": ROUTE, "bundle/tor2": ROUTE_6}


def test_links_inside_of_a_bundle_are_followed_as_in_a_folder(tmp_path: Path) -> None:
    content = tar_with(
        ("d/tor1", ROUTE),
        entry("d/symbolic", tarfile.SYMTYPE, "../d/tor1"),
        entry("d/second", tarfile.SYMTYPE, "symbolic"),
        entry("d/hard", tarfile.LNKTYPE, "d/tor1"),
        entry("d/of_folder", tarfile.SYMTYPE, "../d"),
        ("tor2", ROUTE_6),
    )
    captures = read(tmp_path, content)
    names = ["bundle/d/hard", "bundle/d/second", "bundle/d/symbolic", "bundle/d/tor1", "bundle/tor2"]
    assert list(read_files(captures, tmp_path)) == names
    assert failures(captures) == []


@pytest.mark.parametrize(
    "hostile,reason",
    [
        (("../out.txt", ROUTE), "its name leads out of the bundle): ../out.txt"),
        (("a/../../out.txt", ROUTE), "its name leads out of the bundle): a/../../out.txt"),
        (("/out.txt", ROUTE), "absolute name): /out.txt"),
        (("C:\\out.txt", ROUTE), "absolute name): C:\\out.txt"),
        (entry("a", tarfile.SYMTYPE, "/etc/passwd"), "a link to what is not in the bundle): a -> /etc/passwd"),
        (
            entry("a", tarfile.SYMTYPE, "../../etc/passwd"),
            "a link to what is not in the bundle): a -> ../../etc/passwd",
        ),
        (entry("a", tarfile.LNKTYPE, "nothing"), "a link to what is not in the bundle): a -> nothing"),
        (entry("a", tarfile.SYMTYPE, "a"), "a link to what is not in the bundle): a -> a"),
        (entry("a", tarfile.CHRTYPE), "a device, pipe or socket): a"),
        (entry("a", tarfile.BLKTYPE), "a device, pipe or socket): a"),
        (entry("a", tarfile.FIFOTYPE), "a device, pipe or socket): a"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_hostile_member_is_named_and_the_others_are_read(
    tmp_path: Path, hostile: tarfile.TarInfo | tuple[str, str], reason: str
) -> None:
    place = tmp_path / "in"
    place.mkdir()
    captures = read(place, tar_with(("tor1", ROUTE), hostile))
    assert read_files(captures, place) == {"bundle/tor1": ROUTE}
    assert failures(captures) == [f"1 member not read ({reason}"]
    assert [file.name for file in tmp_path.rglob("*")] == ["in", "bundle.tar"]


def test_hostile_members_of_a_zip_archive_are_named(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, mode in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("tor1", stat.S_IFREG)):
            info = zipfile.ZipInfo(name)
            info.external_attr = (mode | 0o644) << 16
            archive.writestr(info, "../../etc/passwd" if name == "link" else ROUTE)
        archive.writestr("../out", ROUTE)
        archive.writestr("packed", ROUTE, zipfile.ZIP_LZMA)
    captures = read(tmp_path, stream.getvalue(), "bundle.zip")
    assert read_files(captures, tmp_path) == {"bundle/tor1": ROUTE}
    assert failures(captures) == [
        "1 member not read (a device, pipe or socket): pipe",
        "1 member not read (its name leads out of the bundle): ../out",
        "1 member not read (packed by a method that is not read: unpack the bundle, and name the folder): packed",
        "1 member not read (a link to what is not in the bundle): link -> ../../etc/passwd",
    ]


def test_an_encrypted_zip_archive_says_what_to_do(tmp_path: Path) -> None:
    content = bytearray(zip_of({"tor1.txt": ROUTE, "tor2.txt": ROUTE}))
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(sign)
        while at >= 0:
            struct.pack_into("<H", content, at + flags, 1)
            at = content.find(sign, at + 4)
    assert failures(read(tmp_path, bytes(content))) == [
        "2 members not read (encrypted: unpack the bundle with its password, and name the folder): tor1.txt, tor2.txt"
    ]


@pytest.mark.parametrize("suffix", PACKERS)
def test_what_is_before_a_cut_is_read_and_the_cut_is_reported(tmp_path: Path, suffix: str) -> None:
    noise = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz\n", k=3 << 20))  # noqa: S311 - a text
    content = PACKERS[suffix](tar_of({"tor1.txt": ROUTE, "noise": noise, "tor2.txt": ROUTE_6}))
    captures = read(tmp_path, content[: len(content) * 3 // 4], f"bundle.{suffix}")
    assert read_files(captures, tmp_path) == {"bundle/tor1.txt": ROUTE}
    assert any("damaged or cut short" in failure for failure in failures(captures))


def test_an_archive_without_its_end_is_reported(tmp_path: Path) -> None:
    content = tar_of({"tor1.txt": ROUTE, "tor2.txt": ROUTE})
    captures = read(tmp_path, content[:1024])
    assert read_files(captures, tmp_path) == {"bundle/tor1.txt": ROUTE}
    assert failures(captures) == ["the tar archive is damaged or cut short: its end is missing"]


def test_a_damaged_header_within_an_archive_is_no_end(tmp_path: Path) -> None:
    content = bytearray(tar_of({"tor1.txt": ROUTE, "tor2.txt": ROUTE}))
    content[1024 + 148] ^= 1  # the checksum of the second header
    captures = read(tmp_path, bytes(content))
    assert read_files(captures, tmp_path) == {"bundle/tor1.txt": ROUTE}
    assert failures(captures) == ["the tar archive is damaged or cut short: its end is missing"]


def test_a_damaged_member_of_a_zip_archive_costs_itself_only(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("tor1.txt", ROUTE)
        archive.writestr("tor2.txt", ROUTE_6)
    content = stream.getvalue().replace(b"198.51.100.7", b"198.51.100.8")
    captures = read(tmp_path, content, "bundle.zip")
    assert read_files(captures, tmp_path) == {"bundle/tor2.txt": ROUTE_6}
    assert failures(captures) == ["cannot be read: Bad CRC-32 for file 'tor1.txt'"]


def bomb(pack: Callable[[bytes], bytes]) -> bytes:
    zeros = tarfile.TarInfo("zeros")
    zeros.size = 64 << 20
    return pack(zeros.tobuf() + bytes(zeros.size + 1024))


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress, lzma.compress], ids=["gzip", "zstd", "xz"])
def test_a_bomb_of_tar_is_left_out(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (capture,) = read(tmp_path, bomb(pack), memory=1)
    assert capture.is_given_up
    assert (capture.failure or "").startswith("unpacks to more than 8 MiB: give a larger --memory")


def test_a_bomb_of_zip_is_left_out(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tor1.txt", ROUTE)
        archive.writestr("zeros", bytes(64 << 20))
    captures = read(tmp_path, stream.getvalue(), memory=1)
    assert read_files(captures, tmp_path) == {"bundle/tor1.txt": ROUTE}
    assert failures(captures)[0].startswith("1 member not read: unpacks to more than 8 MiB")
    assert captures[-1].is_given_up


def test_a_header_of_any_size_is_not_read_into_memory(tmp_path: Path) -> None:
    header = entry("x", tarfile.XHDTYPE)
    header.size = 1 << 32
    (failure,) = failures(read(tmp_path, gzip.compress(header.tobuf() + bytes(4096))))
    assert failure == "the header of a member takes more than 1 MiB"


@pytest.mark.parametrize("pack", [tar_of, zip_of])
def test_more_members_than_are_read_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[..., bytes]
) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.bundles.limits.MOST_MEMBERS", 20)
    (failure,) = failures(read(tmp_path, pack({f"{n}.txt": "" for n in range(30)})))[-1:]
    assert failure == "has more than 20 members: unpack it, and name the files or folders that are wanted"


def test_a_zip_archive_with_a_large_directory_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ecmpaudit.collectors.bundles.archives._LARGEST_DIRECTORY", 1000)
    (failure,) = failures(read(tmp_path, zip_of({f"{n}.txt": "" for n in range(30)})))
    assert failure.startswith("has more than 50,000 members")


@pytest.mark.parametrize("content", [tar_of({}), zip_of({}), tar_of({".hidden": "x"})], ids=["tar", "zip", "hidden"])
def test_a_bundle_without_files_is_reported(tmp_path: Path, content: bytes) -> None:
    assert failures(read(tmp_path, content))[0] in {
        "the bundle has no files",
        "is empty: expected what a router printed",
    }
