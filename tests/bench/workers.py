"""A scan by workers of Dask beside one by threads: `python -m tests.bench.workers [--hosts N] [--workers N]`.

The hosts are those of `tests.bench.broken_hosts`, one of twenty broken in a way that is the same in each run, and two
nodes. They are asked by the threads of one process, and by worker processes of a real scheduler, to which the
coordinator is connected through a TCP proxy. After a third of the logins one worker that has tasks is ended with
SIGKILL, and after two thirds the proxy cuts the connection once. Both reports have to be the same bytes, apart from
times, and right for each host. Whatever differs is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.broken_hosts import differences, faults, routers_of
from tests.bench.parsing import ours
from tests.bench.scale import Spent, own_cpu, spent_by, spent_of
from tests.breaking_proxy import Breaks, breaking_proxy
from tests.dask_processes import Cluster, cluster, end, wait_for
from tests.recorded_scans import HEALTHY
from tests.scanned_hosts import ScannedHosts, at, scanned_hosts, without_times

STEADY = (
    "no-dns", "no-sshd", "unknown-key", "changed-key", "wrong-login", "no-session", "no-program", "asks", "ends",
)  # fmt: skip
"""Faults whose words have no number of bytes, which would be another one in each run."""
PATIENCE = 3600
"""Seconds that a third of the logins may take."""
QUIET = {"DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false"}


@dataclass(frozen=True, slots=True)
class Scanned:
    """A report, and what it took."""

    report: bytes
    logins: int
    spent: Spent
    of_workers: float = 0.0
    """CPU seconds of all workers."""
    said: str = ""


def by_threads(hosts: ScannedHosts, jobs: int) -> Scanned:
    """Return the scan of one process."""
    file = hosts.folder / "threads.json"
    spent = spent_by(ours(*hosts.words("-q", "-o", f"json:{file}", "--jobs", str(jobs))), hosts.environment)
    return Scanned(file.read_bytes(), hosts.logins(), spent)


def by_workers(hosts: ScannedHosts, workers: int, expected: int) -> Scanned:
    """Return the scan by workers, of which one is killed, over a connection that is cut; it takes so many logins."""
    file, errors = hosts.folder / "workers.json", hosts.folder / "errors"
    before, breaks = hosts.logins(), Breaks()

    def wait_for_logins(share: float) -> None:
        wait_for(lambda: run.poll() is not None or hosts.logins() - before >= share * expected, PATIENCE)

    with (
        cluster(hosts.folder, workers, {**hosts.environment, **QUIET}) as started,
        breaking_proxy(started.port, breaks) as port,
        errors.open("wb") as said,
    ):
        command = ours(*hosts.words("-q", "-o", f"json:{file}", "--dask", f"tcp://127.0.0.1:{port}"))
        began = time.perf_counter()
        run = subprocess.Popen(command, env=hosts.environment, stderr=said)
        wait_for_logins(1 / 3)
        of_workers = kill_one_with_tasks(started)
        wait_for_logins(2 / 3)
        breaks.cut()
        spent = spent_of(run, began)
        of_workers += sum(own_cpu(worker.pid) for worker in started.workers[1:])
    return Scanned(file.read_bytes(), hosts.logins() - before, spent, of_workers, errors.read_text(encoding="utf-8"))


def kill_one_with_tasks(started: Cluster) -> float:
    """Kill the first worker while it has tasks that it will never end, and return the CPU seconds that it took."""
    worker = started.workers[0]
    worker.send_signal(signal.SIGSTOP)
    wait_for(lambda: 0 in started.busy())
    taken = own_cpu(worker.pid)
    end(worker)
    return taken


def compared(threads: Scanned, workers: Scanned) -> list[str]:
    """Return a line for each way in which the scans differ that they may not."""
    found = []
    if without_times(workers.report) != without_times(threads.report):
        found.append("the reports are NOT the same")
    if "the connection was cut" not in workers.said:
        found.append(f"the coordinator did not notice that its connection was cut: {workers.said!r}")
    if workers.logins <= threads.logins:
        found.append(f"{workers.logins} logins by workers: the tasks of the one that was killed were not asked again")
    return found


def main() -> None:
    """Scan so many hosts in both ways, print what differs and what it took; exit with 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        hosts = running.enter_context(scanned_hosts(Path(name), f"MaxStartups {asked.hosts}\n"))
        broken = {fault: each for fault, each in faults(hosts, running).items() if fault in STEADY}
        routers = routers_of(hosts, asked.hosts, broken, every=20)
        nodes = {
            node: {**at(server), "command_prefix": hosts.answering(HEALTHY, node, node)}
            for node, server in zip(("node1", "node5"), hosts.servers, strict=True)
        }
        hosts.configure(routers, nodes, connect_timeout=120, command_timeout=120)
        threads = by_threads(hosts, asked.workers)
        workers = by_workers(hosts, asked.workers, threads.logins)
    different = [*compared(threads, workers), *differences(json.loads(workers.report), broken, routers.keys())]
    print("".join(f"{line}\n" for line in different), end="")
    wrong = sum(router.partition("_")[0] in broken for router in routers)
    print(f"{asked.hosts:,} hosts, {wrong} of them broken, and 2 nodes; a report of {len(threads.report) / 1e6:.1f} MB")
    for words, each in ((f"--jobs {asked.workers}", threads), (f"--dask with {asked.workers} workers", workers)):
        print(
            f"{words}: {each.spent.seconds:.1f} s, CPU of the coordinator {each.spent.cpu:.1f} s and of the workers "
            f"{each.of_workers:.1f} s, coordinator {each.spent.peak_mib:,.0f} MiB, {each.logins:,} logins"
        )
    print(f"{len(different)} differ")
    sys.exit(bool(different))


if __name__ == "__main__":
    main()
