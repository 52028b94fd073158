"""A real Dask scheduler and its workers, as processes on loopback, and a task that waits until it may go on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.program import plain_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PATIENCE = 180.0
"""Seconds that any state is waited for."""


@dataclass(frozen=True, slots=True)
class Gate:
    """A task: it writes down which process has it, and waits for a file."""

    number: int
    folder: str


def passed(gate: Gate) -> int:
    """Return the number of a task, squared, once the file `go` is in its folder."""
    folder = Path(gate.folder)
    (folder / f"{gate.number}-{os.getpid()}").touch()
    wait_for((folder / "go").exists)
    return gate.number**2


def wait_for(holds: Callable[[], bool], patience: float = _PATIENCE) -> None:
    """Wait until a state is there; AssertionError where it does not come within so many seconds."""
    until = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < until, "the state did not come"
        time.sleep(0.02)


@dataclass(slots=True)
class Cluster:
    """A scheduler, and its workers by their process."""

    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def port(self) -> int:
        """The port of the scheduler."""
        return int(self.address.rpartition(":")[2])

    def busy(self) -> set[int]:
        """Return the process of each worker that has a task."""
        from distributed import Client  # noqa: PLC0415 - only where a cluster is wanted

        with Client(self.address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            tasks = client.processing()
            known = client.scheduler_info(n_workers=-1)["workers"]
            return {int(known[worker]["name"]) for worker, keys in tasks.items() if keys}


@contextmanager
def cluster(folder: Path, workers: int, environment: Mapping[str, str] | None = None) -> Iterator[Cluster]:
    """Give a scheduler with as many workers of one thread; each worker's name is its number."""
    file = folder / "scheduler.json"
    with ExitStack() as processes:

        def started(*arguments: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-m", *arguments, "--host", "127.0.0.1", "--no-dashboard"],
                env=environment or plain_environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            processes.callback(process.wait, 30)
            processes.callback(process.kill)
            return process

        started("distributed.cli.dask_scheduler", "--port", "0", "--scheduler-file", str(file))
        wait_for(lambda: file.exists() and bool(file.read_text()))
        found = Cluster(json.loads(file.read_text())["address"])
        for number in range(workers):
            options = ("--nthreads", "1", "--no-nanny", "--name", str(number))
            found.workers.append(started("distributed.cli.dask_worker", found.address, *options))
        from distributed import Client  # noqa: PLC0415 - only where a cluster is wanted

        with Client(found.address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(workers, timeout=_PATIENCE)
        yield found


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process at once, also one that is stopped."""
    process.send_signal(signal.SIGKILL)
    process.wait(30)
