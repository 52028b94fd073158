"""What a scan can refuse before its first connection is refused before it; a recorded run goes on, to notify people."""

from __future__ import annotations

import json
import os
import shutil
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.program import ROOT, ecmpaudit, plain_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.program import Ended

needs_permissions = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
REFUSED = {
    "snapshot there already": (["--save", "old"], "old has a snapshot already: name another folder; `--overwrite`"),
    "foreign files": (["--save", "full"], "full has files that are no snapshot's (note.txt)"),
    "foreign files and overwrite": (["--save", "full", "--overwrite"], "full has files that are no snapshot's"),
    "snapshot in a file": (["--save", "file"], "snapshot file cannot be written: Not a directory"),
    "snapshot below a file": (["--save", "file/new/deep"], "snapshot file/new/deep cannot be written: Not a directory"),
    "output in no folder": (["-o", "none/x.json"], "none is not a folder"),
    "output is a folder": (["-o", "json:full"], "--output full: cannot be written: Is a directory"),
    "output of no known form": (["-o", "report"], "report: unknown form: end the name in one of"),
    "two outputs in one file": (["-o", "a.json", "-o", "json:./a.json"], "named more than once"),
    "history is no database": (["--history", "file"], "history file"),
    "history is a folder": (["--record", "--history", "full"], "history full: expected a plain file, found a folder"),
    "history of an unknown kind": (["--record", "--history", "mysql://db/x"], "is an unknown kind of database"),
    "unknown rule": (["--select", "ECMP999"], "ECMP999"),
    "unknown format": (["-f", "docx"], "docx"),
    "unknown router": (["tor9"], "tor9"),
    "unknown host to accept": (["--accept-new", "tor9"], "tor9"),
    "part of a run recorded": (["--record", "--prefix", "172.31.0.1"], "a run is recorded whole"),
    "limit recorded": (["--record", "--limit", "tor1"], "a run is recorded whole"),
    "pods of no cluster": (["--exec"], "--exec asks the pods of a live cluster"),
}


LIVE = {
    "what-if": (["what-if", "--lose", "node1", "-o", "json:full"], "--output full: cannot be written: Is a directory"),
    "node": (["what-if", "--lose", "nod1"], "--lose nod1: no such node or next hop; did you mean node1?"),
    "node that comes": (["what-if", "--replace", "node1=nod2"], "--replace nod2: no such node or next hop; did you"),
    "router that goes": (["what-if", "--lose-router", "tro1"], "--lose-router tro1: no such router; did you mean tor1"),
    "drained node": (["drain", "nod1"], "ecmpaudit: nod1: no such node or next hop; did you mean node1?"),
    "router of a flow": (["flow", "192.0.2.9", "198.51.100.7:443", "--at", "tro1"], "--at tro1: no such router; did"),
}


class Listener:
    """A port of loopback that counts who connects, and hangs up."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        self.connections = 0
        self.is_open = True

    def run(self) -> None:
        """Take connections until it is closed."""
        while self.is_open:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.connections += 1
            connection.close()


@contextmanager
def listener() -> Iterator[Listener]:
    found = Listener()
    thread = threading.Thread(target=found.run)
    thread.start()
    try:
        yield found
    finally:
        found.is_open = False
        thread.join()
        found.socket.close()


def scanned(folder: Path, port: int, *arguments: str) -> Ended:
    return live(folder, port, "scan", *arguments)


def live(folder: Path, port: int, *words: str) -> Ended:
    """Run a command beside a configuration whose only router is this port."""
    configuration = {
        "ssh": {"known_hosts": str(folder / "known_hosts"), "config": "/dev/null"},
        "routers": {"tor1": {"host": "127.0.0.1", "port": port, "platform": "frr"}},
        "nodes": {"node1": {"addresses": ["172.30.250.101"]}},
        "clusters": {"prod": {"pools": ["172.31.0.0/16", "fd00:31::/64"]}},
    }
    (folder / "ecmpaudit.yaml").write_text(json.dumps(configuration), encoding="utf-8")
    (folder / "file").write_text("not a database, and no folder", encoding="utf-8")
    (folder / "full").mkdir(exist_ok=True)
    (folder / "full" / "note.txt").touch()
    old = folder / "old"
    old.mkdir(exist_ok=True)
    (old / "manifest.json").write_text('{"ecmpaudit_snapshot": 1, "captures": []}', encoding="utf-8")
    environment = plain_environment(HOME=str(folder), XDG_STATE_HOME=str(folder / "state"))
    environment.pop("SSH_AUTH_SOCK", None)
    return ecmpaudit(*words, folder=folder, environment=environment)


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_be_refused_is_refused_before_anybody_is_asked(tmp_path: Path, case: str) -> None:
    arguments, complaint = REFUSED[case]
    with listener() as port:
        run = scanned(tmp_path, port.socket.getsockname()[1], *arguments)
    assert (run.returncode, run.stdout, port.connections) == (2, "", 0), run.stderr
    assert complaint in run.stderr


@pytest.mark.parametrize("case", LIVE)
def test_commands_about_a_change_refuse_before_anybody_is_asked(tmp_path: Path, case: str) -> None:
    words, complaint = LIVE[case]
    with listener() as port:
        run = live(tmp_path, port.socket.getsockname()[1], *words)
    assert (run.returncode, run.stdout, port.connections) == (2, "", 0), run.stderr
    assert complaint in run.stderr


CLUSTER = {
    "analyze": ["analyze", "tor1.txt"],
    "explain": ["explain", "198.51.100.2", "tor1.txt"],
    "diff": ["diff", "tor1.txt", "tor2.txt"],
    "what-if": ["what-if", "tor1.txt", "--lose", "node1"],
    "expect": ["expect"],
}


@pytest.mark.parametrize("command", CLUSTER)
def test_a_cluster_is_not_asked_for_what_cannot_be_written(tmp_path: Path, command: str) -> None:
    folder = tmp_path / "work"
    shutil.copytree(ROOT / "tests" / "daily" / "files", folder)
    (folder / "full").mkdir()
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexit 1\n")
    kubectl.chmod(0o755)
    environment = plain_environment(HOME=str(tmp_path), PATH=f"{tmp_path}:{os.environ['PATH']}")
    words = [*CLUSTER[command], "--kubectl", "prod"]
    refused = ecmpaudit(*words, "-o", "json:full", folder=folder, environment=environment)
    assert (refused.returncode, (tmp_path / "asked").exists()) == (2, False)
    assert "--output full: cannot be written: Is a directory" in refused.stderr
    ecmpaudit(*words, "-o", "json:new.json", folder=folder, environment=environment)
    assert (tmp_path / "asked").exists()


def test_two_places_that_cannot_be_written_are_both_named(tmp_path: Path) -> None:
    with listener() as port:
        run = scanned(tmp_path, port.socket.getsockname()[1], "--save", "old", "-o", "json:full")
    assert port.connections == 0
    assert [line.split(":")[1].split()[0] for line in run.stderr.splitlines()] == ["old", "--output"]


@needs_permissions
@pytest.mark.parametrize("arguments", [["--save", "shut/new"], ["-o", "shut/x.json"]], ids=["save", "output"])
def test_a_folder_without_permission_is_refused_before_anybody_is_asked(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "shut").mkdir(mode=0o500)
    with listener() as port:
        run = scanned(tmp_path, port.socket.getsockname()[1], *arguments)
    assert (run.returncode, port.connections, "Permission denied" in run.stderr) == (2, 0, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--save", "new/deep"],
        ["--save", "old", "--overwrite"],
        ["-o", "x.json"],
        ["--record", "--save", "old"],
        ["--record", "--history", "file"],
    ],
    ids=["new folder", "overwritten", "output", "recorded", "recorded in a damaged history"],
)
def test_what_may_be_written_is_asked_for_and_so_is_a_run_that_is_recorded(
    tmp_path: Path, arguments: list[str]
) -> None:
    with listener() as port:
        run = scanned(tmp_path, port.socket.getsockname()[1], *arguments)
    assert port.connections > 0, run.stderr
    assert "ECMP001" in run.stdout
