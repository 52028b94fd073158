"""`ecmpaudit serve` in the lab with one fault after the other, held against the log of what was done.

`python -m tests.lab.soak --minutes 360 --every 60` is the form for hours; tests/lab/test_soak.py is the short one.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import itertools
import json
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import program
from tests.lab import namespaces
from tests.lab.laboratory import Lab
from tests.lab.plan import MGMT, NODES, ON_ALL_NODES
from tests.test_serve import Server, waited_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

_LOOKS = 3
"""How many at the start, and at the end, are compared: what is open in each of them at the end is left open."""
_CLOSING = 5.0
"""Seconds in which the server closes its side of the last connection to it."""
_WARM_UP = 3
"""Faults after which memory is compared: the first runs import and cache."""
_MOST_GROWTH = 0.05
_PAGES = ("/", "/metrics", "/api/v1/report", "/api/v1/routes?lookup=172.31.1.1", "/api/v1/what-if?lose=node1")


@dataclass(frozen=True, slots=True)
class Done:
    """One fault, and the moments between which the runs were that had to see it begin and end."""

    node: str
    what: str
    begins: tuple[str, str]
    """ISO 8601, UTC."""
    ends: tuple[str, str]


@dataclass
class Soak:
    """What was done, and what the server says of it."""

    done: list[Done] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    """KiB after each fault."""
    descriptors: list[tuple[str, ...]] = field(default_factory=list)
    """What the server has open after each fault: `/run/history.db`, `socket:[17]`."""
    incidents: list[dict[str, Any]] = field(default_factory=list)
    failed_runs: float | None = None

    def faults(self) -> Iterator[str]:
        """Yield each transition that was missed or invented, and each run that failed."""
        for done, known in itertools.zip_longest(self.done, self.incidents):
            if known is None:
                yield f"missed: {done.what}"
            elif done is None:
                yield f"invented: {known['title']} at {known['first_seen']}"
            elif list(known["nodes"]) != [done.node]:
                yield f"{done.what}: the incident is {known['title']}"
            elif not _is_within(known["first_seen"], done.begins):
                yield f"{done.what}: begins at {known['first_seen']}, expected {done.begins}"
            elif not _is_within(known["resolved"], done.ends):
                yield f"{done.what}: ends at {known['resolved']}, expected {done.ends}"
        if self.failed_runs:
            yield f"{self.failed_runs:g} runs failed"

    @property
    def keeps_no_descriptor(self) -> bool:
        """The server has no more files open at its end than at its start."""
        open_files = [len(each) for each in self.descriptors]
        return min(open_files[-_LOOKS:]) <= max(open_files[:_LOOKS])

    @property
    def growth(self) -> float:
        """How much larger the last third of the memory is than the first, as a share."""
        after = self.memory[_WARM_UP:] or self.memory
        third = max(1, len(after) // 3)
        return statistics.median(after[-third:]) / statistics.median(after[:third]) - 1


def _is_within(moment: str | None, bounds: tuple[str, str]) -> bool:
    """Return whether a moment, which has no fraction of its second, is between two others."""
    if moment is None:
        return False
    first, last = (dt.datetime.fromisoformat(each) for each in bounds)
    return first.replace(microsecond=0) <= dt.datetime.fromisoformat(moment) <= last


def soaked(lab: Lab, folder: Path, seconds: float, every: float) -> Soak:
    """Return what a server said while one fault after the other was made, each followed by the clean state."""
    soak = Soak()
    file = lab.configuration(history={"url": str(folder / "history.db")})
    with _served(lab, file, folder) as server, namespaces.entered(lab.machines[MGMT.name].namespace):
        _run(server, 1)
        until = time.monotonic() + seconds
        for number, (node, what, state) in enumerate(_states(lab)):
            if time.monotonic() >= until:
                break
            next_at = time.monotonic() + every
            with state:
                begins = _run(server, 2 * number + 2)
            lab.wait_clean()
            ends = _run(server, 2 * number + 3)
            soak.done.append(Done(node, what, begins, ends))
            _read_all(server)
            soak.memory.append(_memory(server.process.pid))
            soak.descriptors.append(_left_open(server.process.pid, len(soak.descriptors[0]) if soak.descriptors else 0))
            time.sleep(max(0.0, next_at - time.monotonic()))
        answer = json.loads(server.ask("/api/v1/runs").text)
        errors = [known for known in answer["incidents"] if known["severity"] == "error"]
        soak.incidents = sorted(errors, key=lambda known: str(known["first_seen"]))
        soak.failed_runs = server.metric("ecmpaudit_serve_runs_total", outcome="failed")
        server.end()
    return soak


def _states(lab: Lab) -> Iterator[tuple[str, str, AbstractContextManager[None]]]:
    """Yield faults without end: the node, what is done, and the state."""
    for round_number in itertools.count():
        for place, host in enumerate(NODES):
            if (place + round_number) % 2:
                yield host.name, f"{host.name} stopped", lab.daemon_stopped(host.name)
            else:
                prefix = ON_ALL_NODES[(place + round_number) // 2 % 2]
                yield host.name, f"{prefix} withdrawn on {host.name}", lab.withdrawn(host.name, prefix)


@contextmanager
def _served(lab: Lab, file: Path, folder: Path) -> Iterator[Server]:
    environment = program.plain_environment(HOME=str(lab.folder), XDG_STATE_HOME=str(folder))
    environment.pop("SSH_AUTH_SOCK", None)
    words = [sys.executable, "-m", "ecmpaudit", "serve", "--config", str(file), "--listen", "127.0.0.1:0"]
    words += ["--interval", "100000", "--deadline", "120", "--jitter", "0"]
    with (folder / "errors.txt").open("w") as errors:
        process = subprocess.Popen(
            namespaces.inside(lab.machines[MGMT.name].namespace, words),
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield Server(process, int(line.rstrip("/\n").rpartition(":")[2]))
        finally:
            process.kill()
            process.communicate()


def _run(server: Server, number: int) -> tuple[str, str]:
    """Let the server do its run of this number, and return the moments around it."""
    began = _now()
    if number > 1:
        server.process.send_signal(signal.SIGHUP)
    waited_for(lambda: (server.metric("ecmpaudit_serve_runs_total", outcome="complete") or 0) >= number)
    return began, _now()


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


def _read_all(server: Server) -> None:
    for page in _PAGES:
        assert server.ask(page).status == 200, page


def _memory(pid: int) -> int:
    """Return the resident memory of a process, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def _left_open(pid: int, expected: int) -> tuple[str, ...]:
    """Return the shortest list of what a process had open; no longer looked for than one of the expected length."""
    until = time.monotonic() + _CLOSING
    shortest = _open(pid)
    while len(shortest) > expected and time.monotonic() < until:
        time.sleep(0.1)
        shortest = min(shortest, _open(pid), key=len)
    return shortest


def _open(pid: int) -> tuple[str, ...]:
    """Return what a process has open now, without what it closes meanwhile."""
    found = []
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(str(each.readlink()))
    return tuple(sorted(found))


def main() -> int:
    """Print what was found, and return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=360)
    parser.add_argument("--every", type=float, default=60, help="seconds from one fault to the next")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lab = Lab(Path(name) / "lab")
        try:
            lab.start()
            lab.wait_clean()
            soak = soaked(lab, Path(name), given.minutes * 60, given.every)
        finally:
            lab.stop()
    found = list(soak.faults())
    lines = [
        f"{len(soak.done)} faults, {len(found)} of them missed, invented or at a wrong time",
        f"memory {soak.memory[0]} to {soak.memory[-1]} KiB, {soak.growth:+.1%} after the warm-up",
        f"descriptors {len(soak.descriptors[0])} to {len(soak.descriptors[-1])}",
    ]
    print(*lines, *found, sep="\n")  # noqa: T201 - its report
    is_flat = soak.growth <= _MOST_GROWTH and soak.keeps_no_descriptor
    return 0 if soak.done and not found and is_flat else 1


if __name__ == "__main__":
    sys.exit(main())
