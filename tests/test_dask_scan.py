"""Hosts asked by workers of Dask: the report of the threads, from real sshds, whatever happens to a worker."""

from __future__ import annotations

import json
import pickle
import signal
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from ecmpaudit.auditing.request import Request
from ecmpaudit.auditing.run import Reading
from ecmpaudit.auditing.scope import ScopeOptions
from ecmpaudit.collectors.compression import unpacked_from_zstd
from ecmpaudit.collectors.inventory import targets_of
from ecmpaudit.commands.options import CollectionOptions
from ecmpaudit.commands.spread_scan import HostTask, Workers, ask_host, hosts_of
from ecmpaudit.errors import ConfigurationError
from tests.breaking_proxy import Breaks, breaking_proxy
from tests.dask_processes import Cluster, cluster, end, wait_for
from tests.program import ecmpaudit
from tests.recorded_scans import CONFIGURATION, STALE
from tests.scanned_hosts import ScannedHosts, at, scanned_hosts, without_times
from tests.ssh_server import make_key
from tests.thread_tasks import Seen, Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ecmpaudit.executors.interface import Result, Task

pytestmark = pytest.mark.sshd
SECRET = "planted-Secret-4711"  # noqa: S105 - it is planted
COMMENT = "a comment that no finding quotes"


def by_threads(lab: ScannedHosts) -> bytes:
    """Return the report of a scan by the threads of one process, without times."""
    ended = ecmpaudit(*lab.words(), environment=lab.environment)
    assert ended.returncode == 1, ended.stderr
    return without_times(ended.output)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[ScannedHosts]:
    """Give two routers and two nodes that answer as recorded, one over IPv6, and hosts that fail in three ways."""
    waits = f"while [ -e {tmp_path}/gate ]; do echo x >> {tmp_path}/began; sleep 0.1; done\n"
    with scanned_hosts(tmp_path) as hosts:
        at_four, at_six = map(at, hosts.servers)
        waiting = hosts.answering(STALE, "tor1", "tor2", waits=waits)
        routers = {
            "tor1": {**at_four, "platform": "frr", "command_prefix": hosts.answering(STALE, "tor1", "tor1")},
            "tor2": {**at_six, "platform": "frr", "command_prefix": waiting},
            "refuses": {"host": "127.0.0.1", "port": 1, "platform": "frr"},
            "unknown-key": {**at_four, "platform": "frr", "known_hosts": "/dev/null"},
            "wrong-login": {**at_six, "platform": "frr", "key": str(tmp_path / "other")},
        }
        nodes = {
            "node1": {**at_six, "command_prefix": hosts.answering(STALE, "node1", "node1")},
            "node5": {**at_four, "command_prefix": hosts.answering(STALE, "node5", "node5")},
        }
        hosts.configure(routers, nodes)
        yield hosts


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with cluster(tmp_path, 2) as started:
        yield started


def test_report_is_that_of_the_threads_when_a_worker_is_killed(lab: ScannedHosts, workers: Cluster) -> None:
    alone = by_threads(lab)
    logins = lab.logins()
    for code, host in (("ECMP302", "tor1"), ("ECMP302", "tor2"), ("ECMP001", "refuses"), ("ECMP001", "wrong-login")):
        findings = [one for one in json.loads(alone)["findings"] if one["code"] == code and one["router"] == host]
        assert findings, (code, host)
    gate = lab.folder / "gate"
    gate.touch()
    with lab.started("--dask", workers.address) as run:
        wait_for((lab.folder / "began").exists)
        wait_for(lambda: len(workers.busy()) == 1)  # all others are done
        end(workers.workers[workers.busy().pop()])
        gate.unlink()
        output, errors = run.communicate(timeout=240)
    assert (without_times(output), run.returncode) == (alone, 1), errors
    assert lab.logins() == 2 * logins + 1  # that of the worker that was killed


def test_report_is_that_of_the_threads_when_the_connection_with_the_scheduler_is_cut(
    lab: ScannedHosts, workers: Cluster
) -> None:
    alone = by_threads(lab)
    gate, breaks = lab.folder / "gate", Breaks()
    gate.touch()
    with (
        breaking_proxy(workers.port, breaks) as port,
        lab.started("--dask", f"tcp://127.0.0.1:{port}") as run,
    ):
        wait_for((lab.folder / "began").exists)
        breaks.cut()
        gate.unlink()
        output, errors = run.communicate(timeout=240)
    assert (without_times(output), run.returncode) == (alone, 1), errors
    assert b"the connection was cut" in errors


def test_report_is_that_of_the_threads_with_workers_of_this_machine(lab: ScannedHosts) -> None:
    with lab.started("--dask", "local:2") as run:
        output, errors = run.communicate(timeout=240)
    assert (without_times(output), errors, run.returncode) == (by_threads(lab), b"", 1)


def test_deadline_ends_a_scan_whose_workers_give_no_result(lab: ScannedHosts, workers: Cluster) -> None:
    for worker in workers.workers:
        worker.send_signal(signal.SIGSTOP)
    with lab.started("--dask", workers.address, "--deadline", "5") as run:
        output, errors = run.communicate(timeout=240)
    assert run.returncode == 3, errors
    failed = {one["router"]: one["message"] for one in json.loads(output)["findings"] if one["code"] == "ECMP001"}
    assert failed.keys() == {"tor1", "tor2", "node1", "node5", "refuses", "unknown-key", "wrong-login"}
    assert all("no answer: the run's deadline was over (--deadline)" in message for message in failed.values())


def test_no_secret_and_no_whole_text_travels(lab: ScannedHosts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    monkeypatch.setenv("ROUTER_PASSWORD", SECRET)
    for file in lab.folder.glob("tor1-*.txt"):
        text = file.read_text(encoding="utf-8")
        if text.startswith("Building configuration"):
            file.write_text(
                text.replace("router bgp", f"password {SECRET}\n! {COMMENT}\nrouter bgp", 1), encoding="utf-8"
            )
            break
    else:
        pytest.fail("no configuration")
    path = lab.folder / "ecmpaudit.yaml"
    configuration = json.loads(path.read_text(encoding="utf-8"))
    configuration["ssh"] |= {"password_env": "ROUTER_PASSWORD"}
    path.write_text(json.dumps(configuration), encoding="utf-8")
    request, seen = Request.of(ScopeOptions(config=path)), Seen()
    material = Workers(seen, CollectionOptions(full=True)).asked(targets_of(request.inventory), request)
    assert {table.router for table in material.tables} == {"tor1", "tor2"}
    packed = {lines for result in seen.results for host in pickle.loads(result) for lines in host.lines.values()}  # noqa: S301 - made here
    every = [*seen.tasks, *seen.results, *map(unpacked_from_zstd, packed)]
    assert len(every) > 2 * 7
    key = (lab.folder / "key").read_bytes().splitlines()[1]
    for word in (SECRET.encode(), key, COMMENT.encode()):
        for travelled in every:
            place = travelled.find(word)
            assert place < 0, travelled[max(0, place - 300) : place + 100]
    assert any(b"via 172.30.250.101" in travelled for travelled in every)  # a line that a finding may quote


def test_worker_cannot_ask_for_a_password_and_says_what_to_do(
    lab: ScannedHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    make_key(lab.folder / "locked", passphrase=SECRET)
    path = lab.folder / "ecmpaudit.yaml"
    configuration = json.loads(path.read_text(encoding="utf-8"))
    configuration["ssh"]["key"] = str(lab.folder / "locked")
    path.write_text(json.dumps(configuration), encoding="utf-8")
    request = Request.of(ScopeOptions(config=path))
    targets = targets_of(request.inventory, ["tor1"])
    material = Workers(Threads(2), CollectionOptions()).asked(targets[:1], request)
    failures = {capture.failure or "" for capture in material.failed}
    assert len(failures) == 1
    assert "a secret cannot be typed into a worker of --dask: give the worker the key" in failures.pop()


def test_targets_of_one_host_or_one_name_are_one_task(lab: ScannedHosts) -> None:
    request = Request.of(ScopeOptions(config=lab.folder / "ecmpaudit.yaml"))
    targets = targets_of(request.inventory)
    names = [[target.name for target in host] for host in hosts_of(targets)]
    assert sorted(names) == [["node1"], ["node5"], ["refuses"], ["tor1"], ["tor2"], ["unknown-key"], ["wrong-login"]]
    tor1, tor2, *others = targets
    same_host = replace(tor1, name="beside")
    same_name = replace(tor2, name="beside")
    found = hosts_of([tor1, *others, same_host, same_name])
    assert [target.name for target in found[0]] == ["tor1", "beside", "beside"]
    assert sum(map(len, found)) == len(others) + 3


@dataclass
class Nobody:
    """Whose time is over before any task is done; it keeps how large each task is."""

    sizes: list[int] = field(default_factory=list)

    def run(self, work: Callable[[Task], Result], tasks: Sequence[Task]) -> Iterator[tuple[int, Result]]:
        """Yield nothing."""
        self.sizes += [len(pickle.dumps((work, task))) for task in tasks]
        yield from ()


def test_task_of_a_host_does_not_grow_with_the_fleet(tmp_path: Path) -> None:
    first = []
    for hosts in (2, 1000):
        file = tmp_path / f"{hosts}.yaml"
        routers = {f"r{number}": {"host": f"2001:db8::{number}", "platform": "frr"} for number in range(hosts)}
        nodes = {f"n{number}": {"addresses": [f"192.0.2.{number}"]} for number in range(hosts // 4)}
        file.write_text(json.dumps({"routers": routers, "nodes": nodes}), encoding="utf-8")
        request, nobody = Request.of(ScopeOptions(config=file)), Nobody()
        material = Workers(nobody, CollectionOptions()).asked(targets_of(request.inventory), request)
        assert len(nobody.sizes) == len(material.hosts) == hosts
        first.append(nobody.sizes[0])
    assert first[0] == first[1]


def test_worker_of_another_version_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="install the same on both"):
        ask_host(HostTask((), Reading(), None, time.time(), time.time(), "0.0.1"))


@pytest.mark.parametrize(
    "further, message",
    [
        (["--save", "today"], "--dask with --save: a snapshot needs the texts"),
        (["--accept-new", "tor1"], "--dask with --accept-new: a key that is accepted would be known to one worker"),
        (["--exec"], "--dask with --exec: pods are asked by this process"),
        (["--connect-rate", "2"], "--dask with --connect-rate: "),
        (["--check"], "--check with --dask"),
    ],
)
def test_what_workers_cannot_do_is_refused(further: list[str], message: str) -> None:
    ended = ecmpaudit("scan", "--config", str(CONFIGURATION), "--dask", "local", *further)
    assert ended.returncode == 2
    assert message in ended.stderr


def test_local_hosts_are_not_asked_by_other_machines(tmp_path: Path) -> None:
    file = tmp_path / "ecmpaudit.yaml"
    file.write_text(json.dumps({"routers": {"here": {"platform": "frr", "transport": "local"}}}), encoding="utf-8")
    ended = ecmpaudit("scan", "--config", str(file), "--dask", "tcp://127.0.0.1:1")
    assert ended.returncode == 2
    assert "--dask with transport local: a worker on another machine would ask itself in place of here" in ended.stderr
