"""Snapshots: what is saved comes back equal, and what is damaged is never read."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ecmpaudit.collectors import snapshot
from ecmpaudit.errors import SnapshotError
from ecmpaudit.model import Capture

TEXT = "B>* 192.0.2.0/24 [20/0] via 198.51.100.1, eth0\r\n\x1b[0m déjà \ufffd\n"
COMPLETE = Capture(
    router="tor1",
    platform="frr",
    command="vtysh -c 'show ip route vrf all'",
    text=TEXT,
    source="ssh tor1: vtysh -c 'show ip route vrf all'",
    exit_status=0,
    started="2026-01-02T03:04:05.678+00:00",
    finished="2026-01-02T03:04:06.000+00:00",
)
FAILED = Capture(router="tor2", platform=None, command="ip route", text="", source="ssh tor2", failure="refused")
PASTED = Capture(router=None, platform=None, command=None, text="\ud800 half", source="-", first_line=7)
CAPTURES = [COMPLETE, FAILED, PASTED]


def saved(tmp_path: Path, *captures: Capture) -> Path:
    folder = tmp_path / "snapshot"
    snapshot.save(captures or CAPTURES, folder, started="2026-01-02T03:04:05+00:00", overwrite=True)
    return folder


def change_manifest(folder: Path, **facts: Any) -> None:
    file = folder / "manifest.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["captures"][0].update(facts)
    file.write_text(json.dumps(manifest), encoding="utf-8")


def test_captures_come_back_equal(tmp_path: Path) -> None:
    assert snapshot.read(saved(tmp_path)) == CAPTURES


def test_files_are_private_and_their_names_have_router_and_command(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {
        "001-tor1--vtysh_-c_show_ip_route_vrf_all.txt": 0o600,
        "002-tor2--ip_route.txt": 0o600,
        "003-unknown--unknown.txt": 0o600,
        "manifest.json": 0o600,
    }
    assert (folder / "001-tor1--vtysh_-c_show_ip_route_vrf_all.txt").read_bytes() == TEXT.encode()


def test_manifest_says_what_was_asked_and_with_which_result(tmp_path: Path) -> None:
    manifest = json.loads((saved(tmp_path) / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["ecmpaudit_snapshot"] == 1
    assert manifest["started"] == "2026-01-02T03:04:05+00:00"
    first, second, _ = manifest["captures"]
    assert (first["router"], first["platform"], first["exit_status"], first["failure"]) == ("tor1", "frr", 0, None)
    assert first["command"] == "vtysh -c 'show ip route vrf all'"
    assert first["file"] == "001-tor1--vtysh_-c_show_ip_route_vrf_all.txt"
    assert first["started"] == "2026-01-02T03:04:05.678+00:00"
    assert (second["router"], second["failure"]) == ("tor2", "refused")


def test_what_was_given_up_is_kept_and_manifests_before_it_have_nothing_given_up(tmp_path: Path) -> None:
    folder = saved(tmp_path, replace(COMPLETE, failure="not asked", is_given_up=True))
    assert [capture.is_given_up for capture in snapshot.read(folder)] == [True]
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest["captures"][0]["is_given_up"]
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert [capture.is_given_up for capture in snapshot.read(folder)] == [False]


@pytest.mark.parametrize(
    "router", ["../../etc/passwd", "/etc/passwd", "..", ".", "", "a\0b", "tor1\n", "-rf *", "\u202etor", "x" * 500]
)
def test_no_router_name_leads_out_of_the_folder(tmp_path: Path, router: str) -> None:
    capture = Capture(router=router, platform="frr", command=router, text="text", source="s")
    folder = saved(tmp_path, capture, capture)
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]
    assert len(list(folder.iterdir())) == 3
    assert snapshot.read(folder) == [capture, capture]


def test_a_name_of_a_file_has_60_characters_of_the_router_and_of_the_command(tmp_path: Path) -> None:
    folder = saved(tmp_path, Capture(router="r" * 70, platform="frr", command="c" * 70, text="text", source="s"))
    assert (folder / f"001-{'r' * 60}--{'c' * 60}.txt").read_text(encoding="utf-8") == "text"


def test_interrupted_save_keeps_the_snapshot_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = saved(tmp_path)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(snapshot, "_put_in_place", interrupted)
        with pytest.raises(KeyboardInterrupt):
            snapshot.save([COMPLETE], folder, started="now", overwrite=True)
    assert snapshot.read(folder) == CAPTURES
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_snapshot_that_cannot_be_put_in_place_keeps_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved(tmp_path)
    rename = Path.rename

    def no_new_one(path: Path, to: Path) -> None:
        if path.name.startswith(".ecmpaudit-new-"):
            raise PermissionError(13, "Permission denied")
        rename(path, to)

    monkeypatch.setattr(Path, "rename", no_new_one)
    with pytest.raises(SnapshotError, match="cannot be written: Permission denied"):
        snapshot.save([COMPLETE], folder, started="now", overwrite=True)
    assert snapshot.read(folder) == CAPTURES
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


FULL_DISK = """\
import pathlib, resource, signal, sys
from ecmpaudit.collectors import snapshot
from ecmpaudit.model import Capture

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
texts = ["small", "x" * 200_000]
captures = [Capture(router="tor1", platform="frr", command=str(n), text=t, source="s") for n, t in enumerate(texts)]
try:
    snapshot.save(captures, pathlib.Path(sys.argv[1]), started="now", overwrite=True)
except snapshot.SnapshotError as error:
    print(error)
"""
"""Saves where no file may have more than 100 kB: the second one fails as on a full disk, in the middle."""


@pytest.mark.parametrize("is_replaced", [True, False], ids=["over a snapshot", "new"])
def test_a_full_disk_keeps_the_earlier_snapshot(tmp_path: Path, is_replaced: bool) -> None:
    folder = saved(tmp_path) if is_replaced else tmp_path / "snapshot"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder)], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == f"snapshot {folder} cannot be written: File too large\n"
    if is_replaced:
        assert snapshot.read(folder) == CAPTURES
    assert [path.name for path in tmp_path.iterdir()] == (["snapshot"] if is_replaced else [])


def test_replacement_that_is_interrupted_has_the_new_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = saved(tmp_path)

    def interrupted(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "unlink", interrupted)
    with pytest.raises(KeyboardInterrupt):
        snapshot.save([COMPLETE], folder, started="now", overwrite=True)
    assert snapshot.read(folder) == [COMPLETE]


def test_a_replacement_that_is_interrupted_keeps_the_earlier_one_known_as_a_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its manifest is removed last, so that what is left of it can be named and removed later."""
    folder = saved(tmp_path)
    unlink = Path.unlink

    def interrupted(path: Path) -> None:
        if path.name.startswith("003-"):
            raise KeyboardInterrupt
        unlink(path)

    monkeypatch.setattr(Path, "unlink", interrupted)
    with pytest.raises(KeyboardInterrupt):
        snapshot.save([COMPLETE], folder, started="now", overwrite=True)
    (rest,) = (path for path in tmp_path.iterdir() if path.name.startswith(".ecmpaudit-old-"))
    assert snapshot.is_snapshot(rest)


def test_folders_above_a_snapshot_are_made(tmp_path: Path) -> None:
    for name in ("first", "second"):
        snapshot.save(CAPTURES, tmp_path / "of" / "lab" / name, started="now")
        assert snapshot.read(tmp_path / "of" / "lab" / name) == CAPTURES


def test_snapshot_replaces_an_older_one_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    snapshot.save([FAILED], folder, started="now", overwrite=True)
    assert sorted(file.name for file in folder.iterdir()) == ["001-tor2--ip_route.txt", "manifest.json"]


def test_an_older_snapshot_is_kept_unless_it_may_be_replaced(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    before = contents(folder)
    with pytest.raises(SnapshotError) as error:
        snapshot.save([FAILED], folder, started="now")
    assert str(error.value) == (f"{folder} has a snapshot already: name another folder; `--overwrite` replaces it")
    assert contents(tmp_path) == {"snapshot": None} | {f"snapshot/{name}": text for name, text in before.items()}


def contents(folder: Path) -> dict[str, bytes | None]:
    """Return every path below a folder with its bytes, None for folders."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


@pytest.mark.parametrize(
    "names",
    [
        pytest.param(["notes.md"], id="one"),
        pytest.param(["2025-01-15.txt"], id="named like a date"),
        pytest.param(["001-tor1--show_ip_route.txt", "002-tor2--show_ip_route.txt"], id="named like ours"),
        pytest.param(["manifest.json.new"], id="named like a manifest"),
        pytest.param([".hidden"], id="hidden"),
        pytest.param(["below/file"], id="folder"),
    ],
)
@pytest.mark.parametrize("is_snapshot", [True, False], ids=["in a snapshot", "in no snapshot"])
def test_files_that_no_manifest_lists_are_never_removed(tmp_path: Path, names: list[str], is_snapshot: bool) -> None:
    folder = saved(tmp_path) if is_snapshot else tmp_path / "snapshot"
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(SnapshotError, match=r"has files that are no snapshot's \("):
        snapshot.save(CAPTURES, folder, started="now", overwrite=True)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "name", ["../outside.txt", "below/inside.txt", "below", "link.txt", "/etc/hostname", "..", "", 5, None, ["x"]]
)
def test_a_manifest_cannot_have_anything_else_removed(tmp_path: Path, name: object) -> None:
    folder = saved(tmp_path)
    (tmp_path / "outside.txt").write_text("mine", encoding="utf-8")
    (folder / "below").mkdir()
    (folder / "below" / "inside.txt").write_text("mine", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "outside.txt")
    change_manifest(folder, file=name)
    before = contents(tmp_path)
    with pytest.raises(SnapshotError, match="no snapshot's"):
        snapshot.save(CAPTURES, folder, started="now", overwrite=True)
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    "manifest", ['{"ecmpaudit_snapshot": 1', '{"ecmpaudit_snapshot": 2}', '{"ecmpaudit_snapshot": 1}']
)
def test_a_snapshot_that_is_damaged_or_of_another_version_is_not_replaced(tmp_path: Path, manifest: str) -> None:
    folder = saved(tmp_path)
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(SnapshotError, match=r"manifest\.json: "):
        snapshot.save(CAPTURES, folder, started="now", overwrite=True)
    assert contents(tmp_path) == before


def test_a_snapshot_with_a_missing_or_edited_text_is_replaced(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / "001-tor1--vtysh_-c_show_ip_route_vrf_all.txt").write_text("edited", encoding="utf-8")
    (folder / "002-tor2--ip_route.txt").unlink()
    snapshot.save([FAILED], folder, started="now", overwrite=True)
    assert snapshot.read(folder) == [FAILED]
    assert [path.name for path in tmp_path.iterdir()] == ["snapshot"]


def test_an_empty_folder_takes_a_snapshot(tmp_path: Path) -> None:
    (tmp_path / "snapshot").mkdir(mode=0o755)
    assert stat.S_IMODE(saved(tmp_path).stat().st_mode) == 0o700


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "snapshot").symlink_to(tmp_path / "real")
    for _ in range(2):
        assert snapshot.read(saved(tmp_path)) == CAPTURES
    assert (tmp_path / "snapshot").is_symlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["real", "snapshot"]


def test_links_in_a_loop_are_named(tmp_path: Path) -> None:
    (tmp_path / "snapshot").symlink_to(tmp_path / "snapshot")
    with pytest.raises(SnapshotError, match="snapshot cannot be written: Too many levels of symbolic links"):
        saved(tmp_path)


def test_a_mount_point_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "snapshot").mkdir()
    monkeypatch.setattr(os.path, "ismount", lambda _: True)
    with pytest.raises(SnapshotError, match="it is a mount point: name a folder inside it"):
        saved(tmp_path)


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SnapshotError, match="file/snapshot cannot be written"):
        snapshot.save(CAPTURES, tmp_path / "file" / "snapshot", started="now", overwrite=True)


def test_no_captures_are_a_snapshot_too(tmp_path: Path) -> None:
    snapshot.save([], tmp_path / "empty", started="now")
    assert snapshot.is_snapshot(tmp_path / "empty")
    assert snapshot.read(tmp_path / "empty") == []


def test_another_programs_manifest_makes_no_snapshot(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "web page"}', encoding="utf-8")
    assert not snapshot.is_snapshot(tmp_path)
    with pytest.raises(SnapshotError, match="no manifest of an ecmpaudit snapshot"):
        snapshot.read(tmp_path)
    with pytest.raises(SnapshotError, match=r"has files that are no snapshot's \(manifest.json\)"):
        snapshot.save(CAPTURES, tmp_path, started="now", overwrite=True)


def test_a_named_pipe_for_a_manifest_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "manifest.json")
    assert not snapshot.is_snapshot(tmp_path)


def test_text_that_was_cut_short_is_named(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / "002-tor2--ip_route.txt").write_text("default", encoding="utf-8")
    with pytest.raises(SnapshotError, match=r"002-tor2--ip_route\.txt: changed since it was saved"):
        snapshot.read(folder)


def test_missing_text_is_named(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / "002-tor2--ip_route.txt").unlink()
    with pytest.raises(SnapshotError, match=r"002-tor2--ip_route\.txt: cannot be read"):
        snapshot.read(folder)


def test_damaged_manifest_is_named_and_still_taken_for_a_snapshot(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes()[:100])
    assert snapshot.is_snapshot(folder)
    with pytest.raises(SnapshotError, match=r"manifest\.json: the manifest is no JSON"):
        snapshot.read(folder)


def test_snapshot_of_a_later_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"ecmpaudit_snapshot": 2}', encoding="utf-8")
    with pytest.raises(SnapshotError, match="version 2, this program reads version 1"):
        snapshot.read(tmp_path)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "..", ".", "", "a/b", "a\0b"])
def test_manifest_entry_that_leaves_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    folder = saved(tmp_path)
    change_manifest(folder, file=name)
    with pytest.raises(SnapshotError, match=r"capture 1: file .* is not in the snapshot's folder"):
        snapshot.read(folder)


def test_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    (folder / "link").symlink_to(tmp_path / "secret")
    change_manifest(folder, file="link")
    with pytest.raises(SnapshotError, match="link: cannot be read"):
        snapshot.read(folder)


@pytest.mark.parametrize("fact,value", [("router", 5), ("exit_status", "0"), ("source", None), ("first_line", None)])
def test_fact_of_a_wrong_type_is_named(tmp_path: Path, fact: str, value: object) -> None:
    folder = saved(tmp_path)
    change_manifest(folder, **{fact: value})
    with pytest.raises(SnapshotError, match=f"capture 1: `{fact}` is missing or of a wrong type"):
        snapshot.read(folder)
