"""The lab scanned while answers of its hosts fail, alone and in pairs: `python -m tests.lab.answer_matrix`, as root.

The hosts and the commands are those of the recorded scans, so tests/answer_matrix.py knows which rules need which
answer. Each cell is a scan of real daemons over real sshd, recorded in a history. Printed is a line for each, with what
is wrong with it; exit code 1 where anything is.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.answer_matrix import UNDETERMINED, Failing, answers_of
from tests.lab import sshd
from tests.lab.laboratory import Lab
from tests.lab.plan import ON_ALL_NODES
from tests.lab.record_scans import part_of_the_lab
from tests.lab.states.kernel import stale_route
from tests.recorded_scans import HEALTHY, STALE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FAILURES = tuple(sshd.ANSWERS)
_NEVER_ANSWERED = "timed out"
COMMAND_TIMEOUT = 4
"""Seconds that a scan waits for an answer which never comes; what else is slower has failed too."""
SEED = 12


@dataclass(frozen=True)
class LabCell:
    """One scan of the lab with failing answers."""

    state: str
    failing: tuple[Failing, ...]
    exit_code: int
    report: dict[str, Any] = field(repr=False)
    """As JSON; empty where there was none."""
    metrics: str = field(repr=False)
    """Of Prometheus."""
    stderr: str = ""

    @property
    def not_answered(self) -> dict[tuple[str, str], list[str]]:
        """The undetermined rules by host and command."""
        return {(each["router"], each["command"]): each["undetermined"] for each in self.report.get("not_answered", [])}

    @property
    def faults(self) -> list[str]:
        """What is wrong with the outcome."""
        return list(self._faults())

    def _faults(self) -> Iterator[str]:
        if not self.report:
            yield f"no report: {self.stderr}"
        lost = {code for each in self.failing for code in UNDETERMINED.get(each.answer, ())}
        if self.exit_code == 0 and (lost or self.state == STALE):
            yield "exit code 0"
        if lost and not self.report.get("incomplete"):
            yield "not incomplete"
        for each in self.failing:
            if each.answer not in self.not_answered:
                yield f"{each.router} `{each.command}` is not named"
            elif absent := set(UNDETERMINED.get(each.answer, ())) - set(self.not_answered[each.answer]):
                yield f"{each.router} `{each.command}` does not name {' '.join(sorted(absent))}"
        for code in sorted(lost | ({"ECMP302"} if self.state == STALE else set())):
            if any(f'code="{code}"' in line and line.endswith(" 0.0") for line in self.metrics.splitlines()):
                yield f"a metric of {code} is 0"

    def __str__(self) -> str:
        failing = "; ".join(f"{each.router} `{each.command}` {each.failure}" for each in self.failing)
        codes = sorted({code for each in self.failing for code in self.not_answered.get(each.answer, ())})
        wrong = f", WRONG: {'; '.join(self.faults)}" if self.faults else ""
        return f"{self.state}: {failing}: exit code {self.exit_code}, undetermined: {' '.join(codes) or '-'}{wrong}"


class AnswerMatrix:
    """The scans of one lab, all recorded in one history."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._lab, self._folder = lab, folder
        self._described = part_of_the_lab(lab) | {"history": {"url": str(folder / "history.db")}}

    def in_state(self, state: str) -> AbstractContextManager[None]:
        """Hold the network healthy, or with a stale route in the kernel of tor1."""
        return nullcontext() if state == HEALTHY else stale_route(self._lab, "tor1", "node1", *ON_ALL_NODES)

    def scanned(self, state: str, *failing: Failing, url: str = "") -> LabCell:
        """Return a scan with these answers failing; people at the URL are notified."""
        metrics = self._folder / "ecmpaudit.prom"
        metrics.unlink(missing_ok=True)
        is_waiting = any(each.failure == _NEVER_ANSWERED for each in failing)
        file = self._configuration(**({"command_timeout": COMMAND_TIMEOUT} if is_waiting else {}))
        arguments = ("--config", str(file), "--record", "--format", "json", "-o", f"prometheus:{metrics}")
        variables = {"ECMPAUDIT_ALERT_URLS": url} if url else {}
        with self._lab.failing(*((each.router, each.command, each.failure) for each in failing)):
            done = self._lab.ecmpaudit("scan", *arguments, **variables)
        report = json.loads(done.stdout) if done.stdout.startswith("{") else {}
        written = metrics.read_text(encoding="utf-8") if metrics.exists() else ""
        return LabCell(state, failing, done.returncode, report, written, done.stderr)

    def resolved(self, code: str) -> list[str | None]:
        """Return when each fault of a code was resolved; None for an open one."""
        shown = self._lab.ecmpaudit("history", "--config", str(self._configuration()), "--format", "json")
        return [each["resolved"] for each in json.loads(shown.stdout)["findings"] if each["code"] == code]

    def _configuration(self, **ssh: int) -> Path:
        file = self._folder / "ecmpaudit.yaml"
        file.write_text(json.dumps(self._described | {"ssh": self._described["ssh"] | ssh}), encoding="utf-8")
        return file


def every_single() -> list[tuple[Failing, ...]]:
    """Return each answer with each failure."""
    return [(Failing(*answer, failure),) for answer, failure in product(answers_of(HEALTHY), FAILURES)]


def some_pairs(number: int, seed: int) -> list[tuple[Failing, ...]]:
    """Return so many pairs of different answers, each with a failure."""
    chosen = random.Random(seed)  # noqa: S311 - the same pairs in every run
    return [
        tuple(Failing(*answer, chosen.choice(FAILURES)) for answer in chosen.sample(answers_of(HEALTHY), 2))
        for _ in range(number)
    ]


def one_of_each_failure(seed: int) -> list[tuple[Failing, ...]]:
    """Return for each failure one answer that rules need."""
    chosen = random.Random(seed)  # noqa: S311 - the same answers in every run
    answers = chosen.sample(list(UNDETERMINED), len(FAILURES))
    return [(Failing(*answer, failure),) for answer, failure in zip(answers, FAILURES, strict=True)]


def kernel_with_each_failure() -> list[tuple[Failing, ...]]:
    """Return the table of the kernel, which alone shows the stale route, with each failure."""
    return [(Failing("tor1", "ip -j -4 route show table all", failure),) for failure in FAILURES]


def print_all(cells: Sequence[tuple[Failing, ...]]) -> int:
    """Print these cells in both states, and return how many are wrong."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "lab")
        try:
            lab.start()
            lab.wait_clean()
            matrix = AnswerMatrix(lab, Path(folder))
            for state in (HEALTHY, STALE):
                with matrix.in_state(state):
                    wrong += _print_cells(matrix, state, [(), *cells])
                    if any(matrix.resolved("ECMP302")):
                        sys.stdout.write("WRONG: the history has a fault of the kernel as resolved\n")
                        wrong += 1
        finally:
            lab.stop()
    return wrong


def _print_cells(matrix: AnswerMatrix, state: str, cells: Sequence[tuple[Failing, ...]]) -> int:
    wrong = 0
    for failing in cells:
        cell = matrix.scanned(state, *failing)
        wrong += bool(cell.faults)
        sys.stdout.write(f"{cell}\n")
        sys.stdout.flush()
    return wrong


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.answer_matrix", description=__doc__)
    parser.add_argument("--pairs", type=int, default=30, help="pairs in each state (30)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"what chooses the pairs ({SEED})")
    parser.add_argument("--only", default="", help="only cells whose hosts or commands have these words")
    return parser.parse_args()


if __name__ == "__main__":
    options = _options()
    every = [*every_single(), *some_pairs(options.pairs, options.seed)]
    wanted = [cell for cell in every if any(options.only in f"{one.router} {one.command}" for one in cell)]
    sys.exit(min(1, print_all(wanted)))
