"""A snapshot read by workers of Dask: the same report, whatever happens to a worker or to a connection."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import psutil
import pytest

from ecmpaudit.auditing.portions import material_of_portions, portions_of_snapshot, read_portion
from ecmpaudit.auditing.run import Reading
from ecmpaudit.collectors import snapshot
from ecmpaudit.errors import ConfigurationError, EcmpauditError, SnapshotError
from ecmpaudit.executors import dask_cluster
from ecmpaudit.executors.dask_cluster import DaskCluster, checked
from ecmpaudit.model import Capture
from tests.bench.fleet import write_fleet
from tests.breaking_proxy import Breaks, breaking_proxy
from tests.dask_processes import Cluster, Gate, cluster, end, passed, wait_for
from tests.program import ROOT, ecmpaudit, plain_environment
from tests.thread_tasks import Seen, Threads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


HOSTS = 20
SECRET = "planted-Secret-4711"  # noqa: S105 - it is planted


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    write_fleet(folder, HOSTS, 4, 4)
    return folder


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Cluster]:
    with cluster(tmp_path, 2) as started:
        yield started


def arguments(fleet: Path, *further: str) -> list[str]:
    return ["analyze", "--config", str(fleet / "ecmpaudit.yaml"), str(fleet / "snapshot"), "-f", "json", *further]


def started(fleet: Path, address: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ecmpaudit", *arguments(fleet, "--dask", address)]
    return subprocess.Popen(command, cwd=ROOT, env=plain_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def gates(folder: Path, number: int) -> list[Gate]:
    return [Gate(each, str(folder)) for each in range(number)]


def test_report_is_that_of_one_process_when_a_worker_is_killed(fleet: Path, workers: Cluster) -> None:
    alone = ecmpaudit(*arguments(fleet))
    stopped = workers.workers[0]
    stopped.send_signal(signal.SIGSTOP)  # it has tasks, and never a result
    with started(fleet, workers.address) as run:
        wait_for(lambda: 0 in workers.busy())
        end(stopped)
        output, errors = run.communicate(timeout=240)
    assert (output, run.returncode) == (alone.output, 1), errors
    assert alone.stdout.count('"ECMP101"') > 0


def test_report_is_that_of_one_process_when_the_connection_is_cut(fleet: Path, workers: Cluster) -> None:
    alone = ecmpaudit(*arguments(fleet))
    for worker in workers.workers:
        worker.send_signal(signal.SIGSTOP)
    breaks = Breaks()
    with breaking_proxy(workers.port, breaks) as port, started(fleet, f"tcp://127.0.0.1:{port}") as run:
        wait_for(lambda: workers.busy() == {0, 1})
        breaks.cut()
        for worker in workers.workers:
            worker.send_signal(signal.SIGCONT)
        output, errors = run.communicate(timeout=240)
    assert (output, run.returncode) == (alone.output, 1), errors
    assert b"the connection was cut" in errors


def test_report_is_that_of_one_process_with_workers_of_this_machine(fleet: Path) -> None:
    with started(fleet, "local:2") as run:
        output, errors = run.communicate(timeout=240)
    assert (output, errors, run.returncode) == (ecmpaudit(*arguments(fleet)).output, b"", 1)


def test_workers_of_this_machine_import_nothing_from_the_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("asyncio", "distributed", "json"):
        (tmp_path / f"{module}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\n")
    monkeypatch.chdir(tmp_path)
    assert dict(DaskCluster("local:1").run(abs, [-3])) == {0: 3}
    assert not (tmp_path / "imported").exists()


def test_workers_of_this_machine_are_on_loopback_only_and_copies_of_one_thread(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(lambda: dict(DaskCluster("local:2").run(passed, gates(tmp_path, 2))))
        wait_for(lambda: len(list(tmp_path.glob("*-*"))) == 2)
        here = psutil.Process()
        started = {child.ppid(): child.parent() for child in here.children(recursive=True)}
        connections = [one for each in (here, *here.children(recursive=True)) for one in each.net_connections("inet")]
        listening = {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
        original = started.keys() - {here.pid}
        threads = [known.num_threads() for pid, known in started.items() if pid in original and known]
        (tmp_path / "go").touch()
        assert running.result(240) == {0: 0, 1: 1}
    assert listening == {"127.0.0.1"}
    assert threads == [1]


def test_worker_of_this_machine_that_is_killed_is_replaced_and_loses_nothing(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(lambda: list(DaskCluster("local:1").run(passed, gates(tmp_path, 1))))
        wait_for(lambda: bool(list(tmp_path.glob("0-*"))))
        (first,) = tmp_path.glob("0-*")
        os.kill(int(first.name.partition("-")[2]), signal.SIGKILL)
        wait_for(lambda: len(list(tmp_path.glob("0-*"))) == 2)
        (tmp_path / "go").touch()
        assert running.result(240) == [(0, 0)]


def test_workers_of_this_machine_end_with_the_process_that_started_them_and_leave_no_file_of_theirs(
    fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with started(fleet, "local:2") as run:
        own = psutil.Process(run.pid)
        wait_for(lambda: len(own.children(recursive=True)) == 3)
        children = own.children(recursive=True)
        run.kill()
        _, alive = psutil.wait_procs(children, timeout=240)
    assert not alive
    assert not list(tmp_path.glob("ecmpaudit-*"))


def test_workers_that_cannot_start_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "_WITHOUT_WORKERS", "1s")
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(EcmpauditError, match="no worker came, or all have ended"):
        list(DaskCluster("local:1").run(passed, [Gate(0, "")]))


def test_each_task_has_one_result_when_the_worker_with_it_is_killed(tmp_path: Path, workers: Cluster) -> None:
    tasks = gates(tmp_path, 6)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(lambda: list(DaskCluster(workers.address).run(passed, tasks)))

        def began(process: subprocess.Popen[bytes]) -> list[Path]:
            return list(tmp_path.glob(f"*-{process.pid}"))

        wait_for(lambda: all(map(began, workers.workers)))
        lost = began(workers.workers[1])[0].name.partition("-")[0]
        end(workers.workers[1])
        (tmp_path / "go").touch()
        results = running.result(240)
    assert sorted(results) == [(number, number**2) for number in range(6)]
    assert len(list(tmp_path.glob(f"{lost}-*"))) == 2  # it was run twice, and counts once


def test_error_of_a_task_names_the_file_wherever_it_is_run(fleet: Path, tmp_path: Path, workers: Cluster) -> None:
    portions = portions_of_snapshot(fleet / "snapshot", snapshot.entries_of(fleet / "snapshot"), Reading(), None)
    elsewhere = [replace(portion, folder=str(tmp_path / "absent")) for portion in portions]
    for executor in (Threads(2), DaskCluster(workers.address)):
        with pytest.raises(SnapshotError, match=r"absent/.*: cannot be read: No such file"):
            material_of_portions(elsewhere, Reading(), executor)


def test_no_secret_and_no_text_travels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_PASSWORD", SECRET)
    configuration = f"frr version 8.4.4\nrouter bgp 65550\n neighbor 192.0.2.1 password {SECRET}\n exit\n"
    texts = {"show running-config": configuration, "show bgp summary json": f'{{"password": "{SECRET}"'}
    captures = [Capture("tor1", "frr", command, text, f"ssh tor1: {command}") for command, text in texts.items()]
    table = "Codes: K - kernel route\n\nB>* 198.51.100.1/32 [20/0] via 192.0.2.1, eth0, weight 1, 00:01:21\n"
    captures.append(Capture("tor1", "frr", "show ip route", table, "ssh tor1: show ip route"))
    snapshot.save(captures, tmp_path / "snapshot", started="2026-01-01T00:00:00Z", keep_secrets=True)
    seen = Seen()
    portions = portions_of_snapshot(tmp_path / "snapshot", snapshot.entries_of(tmp_path / "snapshot"), Reading(), None)
    material = material_of_portions(portions, Reading(), seen)
    assert [table.route_count for table in material.tables] == [1]
    assert (len(seen.tasks), len(seen.results)) == (1, 1)
    every = [*seen.tasks, *seen.results]
    assert not any(SECRET.encode() in travelled for travelled in every)
    assert not any(b"Codes: K" in travelled for travelled in every)


def test_worker_of_another_version_is_refused(fleet: Path) -> None:
    portions = portions_of_snapshot(fleet / "snapshot", snapshot.entries_of(fleet / "snapshot"), Reading(), None)
    with pytest.raises(ConfigurationError, match="install the same on both"):
        read_portion(replace(portions[0], version="0.0.1"))


def test_hosts_are_in_portions_each_host_once_and_each_portion_has_the_names_of_its_hosts(fleet: Path) -> None:
    entries = snapshot.entries_of(fleet / "snapshot")
    names = frozenset(f"r{number}" for number in range(HOSTS))
    portions = portions_of_snapshot(fleet / "snapshot", entries, Reading(nodes=names - {"r0"}, routers=names), None)
    for portion in portions:
        own = frozenset(entry["router"] for _, entry in portion.entries)
        assert (portion.reading.nodes, portion.reading.routers) == (own - {"r0"}, own)
    numbers = [number for portion in portions for number, _ in portion.entries]
    assert numbers == list(range(1, 3 * HOSTS + 1))
    assert [len(portion.entries) for portion in portions] == [6] * 10  # two hosts with three answers each


@pytest.mark.parametrize("address", ["local", "local:4", "tcp://scheduler:8786", "tls://[2001:db8::1]:8786"])
def test_address_of_a_cluster(address: str) -> None:
    assert checked(address) == address


@pytest.mark.parametrize("address", ["", "local:0", "scheduler:8786", "tcp://scheduler", "http://scheduler:8786"])
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="expected tcp://HOST:PORT"):
        checked(address)


def test_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "_TO_CONNECT", "1s")
    with pytest.raises(ConfigurationError, match=r"tcp://127\.0\.0\.1:1: no scheduler answers"):
        list(DaskCluster("tcp://127.0.0.1:1").run(passed, [Gate(0, "")]))


def test_dask_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'ecmpaudit\[dask\]'"):
        list(DaskCluster("local").run(passed, [Gate(0, "")]))


@pytest.mark.parametrize(
    "further, message",
    [
        (["--router-name", "r1"], "--dask with --router-name"),
        (["--platform", "frr"], "--dask with --platform"),
        (["README.md"], "--dask reads one saved snapshot"),
    ],
)
def test_what_a_snapshot_does_not_need_is_refused(fleet: Path, further: list[str], message: str) -> None:
    ended = ecmpaudit(*arguments(fleet, "--dask", "local", *further))
    assert ended.returncode == 2
    assert message in ended.stderr
