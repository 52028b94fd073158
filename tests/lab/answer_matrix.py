"""The lab scanned while answers of its hosts fail, alone and in pairs: `python -m tests.lab.answer_matrix`, as root.

The hosts and the commands are those of a scan of the lab; tests/answer_matrix.py knows which rules need which answer.
Each cell is a scan of real daemons over real sshd, recorded in a history. Printed is a line for each, with what is
wrong with it; exit code 1 where anything is.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecmpaudit.collectors import snapshot
from ecmpaudit.history.store import open_history
from tests import recorded_matrix
from tests.answer_matrix import answers_of, codes_without, failures_in, pairs_of
from tests.history_builders import resolved_codes
from tests.lab import sshd
from tests.lab.laboratory import Lab
from tests.lab.plan import ON_ALL_NODES
from tests.lab.record_scans import part_of_the_lab
from tests.lab.states.kernel import stale_route
from tests.recorded_matrix import Failing, Outcome, named_by
from tests.recorded_scans import HEALTHY, STALE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FAILURES = tuple(sshd.ANSWERS)
_OF_COMPLETENESS, _OF_A_CHANGE = "ECMP00", "ECMP6"
_KERNEL = "ip -j -4 route show table all root "
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
    metrics: str = field(default="", repr=False)
    """Of Prometheus."""
    nagios: str = field(default="", repr=False)
    """What a monitoring plugin prints."""
    recovered: tuple[str, ...] = ()
    """The codes of faults that people would read to have recovered; those of completeness do recover."""
    stderr: str = ""

    @property
    def not_answered(self) -> dict[tuple[str, str], list[str]]:
        """The undetermined rules by host and command."""
        return {(each["router"], each["command"]): each["undetermined"] for each in self.report.get("not_answered", [])}

    @property
    def undetermined(self) -> list[str]:
        """All undetermined rules."""
        return sorted({code for codes in self.not_answered.values() for code in codes})

    @property
    def outcome(self) -> Outcome:
        """What is recorded of the cell."""
        return Outcome(self.state, self.failing, self.exit_code, tuple(self.undetermined), tuple(self.faults))

    @property
    def faults(self) -> list[str]:
        """What is wrong with the outcome."""
        return list(self._faults())

    def _faults(self) -> Iterator[str]:
        if not self.report:
            yield f"no report: {self.stderr}"
        lost = {code for each in self.failing for code in codes_without(each.answer)}
        if self.exit_code == 0 and (lost or self.state == STALE):
            yield "exit code 0"
        if lost and not self.report.get("incomplete"):
            yield "not incomplete"
        for router, command in sorted(named_by(self.failing) ^ set(self.not_answered)):
            yield f"{router} `{command}` is {'' if (router, command) in self.not_answered else 'not '}named"
        if absent := lost - set(self.undetermined):
            yield f"{' '.join(sorted(absent))} could not be judged, which is not said"
        yield from self._false_recoveries(lost | ({"ECMP302"} if self.state == STALE else set()))

    def _false_recoveries(self, not_zero: set[str]) -> Iterator[str]:
        for code in sorted(not_zero):
            if any(f'code="{code}"' in line and line.endswith(" 0.0") for line in self.metrics.splitlines()):
                yield f"a metric of {code} is 0"
        if (self.nagios.split()[1:2] == ["OK"]) != (self.exit_code == 0):
            yield f"a plugin prints {self.nagios.partition(chr(10))[0]}"
        if self.recovered:
            yield f"{' '.join(self.recovered)} recovered"

    def __str__(self) -> str:
        return str(self.outcome)


class AnswerMatrix:
    """The scans of one lab, all recorded in one history."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self._lab, self._folder = lab, folder
        self._described = part_of_the_lab(lab) | {"history": {"url": str(folder / "history.db")}}

    def failures(self) -> list[Failing]:
        """Return each answer that a scan gets, with each failure."""
        folder = self._folder / "whole"
        self._lab.ecmpaudit("scan", "--config", str(self._configuration()), "--save", str(folder))
        return [failing for failing in failures_in(snapshot.read(folder)) if failing.failure in FAILURES]

    def in_state(self, state: str) -> AbstractContextManager[None]:
        """Hold the network healthy, or with a stale route in the kernel of tor1."""
        return nullcontext() if state == HEALTHY else stale_route(self._lab, "tor1", "node1", *ON_ALL_NODES)

    def scanned(self, state: str, *failing: Failing, url: str = "") -> LabCell:
        """Return a scan with these answers failing; people at the URL are notified."""
        metrics, nagios = self._folder / "ecmpaudit.prom", self._folder / "nagios.txt"
        for file in (metrics, nagios):
            file.unlink(missing_ok=True)
        is_waiting = any(each.failure == _NEVER_ANSWERED for each in failing)
        file = self._configuration(**({"command_timeout": COMMAND_TIMEOUT} if is_waiting else {}))
        reports = ("-o", f"prometheus:{metrics}", "-o", f"nagios:{nagios}")
        arguments = ("--config", str(file), "--record", "--format", "json", *reports)
        variables = {"ECMPAUDIT_ALERT_URLS": url} if url else {}
        with self._lab.failing(*((each.router, each.command, each.failure) for each in failing)):
            done = self._lab.ecmpaudit("scan", *arguments, **variables)
        return LabCell(
            state,
            failing,
            done.returncode,
            report=json.loads(done.stdout) if done.stdout.startswith("{") else {},
            metrics=metrics.read_text(encoding="utf-8") if metrics.exists() else "",
            nagios=nagios.read_text(encoding="utf-8") if nagios.exists() else "",
            recovered=self._recovered(),
            stderr=done.stderr,
        )

    def _recovered(self) -> tuple[str, ...]:
        """Return the codes of faults that the newest run resolved; a change is over with the run that found it."""
        with open_history(str(self._folder / "history.db")) as history:
            runs = history.runs()
            codes = resolved_codes(history, runs[-1]) if runs else []
        return tuple(sorted({code for code in codes if not code.startswith((_OF_COMPLETENESS, _OF_A_CHANGE))}))

    def resolved(self, code: str) -> list[str | None]:
        """Return when each fault of a code was resolved; None for an open one."""
        shown = self._lab.ecmpaudit("history", "--config", str(self._configuration()), "--format", "json")
        return [each["resolved"] for each in json.loads(shown.stdout)["findings"] if each["code"] == code]

    def _configuration(self, **ssh: int) -> Path:
        file = self._folder / "ecmpaudit.yaml"
        file.write_text(json.dumps(self._described | {"ssh": self._described["ssh"] | ssh}), encoding="utf-8")
        return file


def some_pairs(failures: Sequence[Failing], number: int, seed: int) -> list[tuple[Failing, ...]]:
    """Return so many pairs of different answers, each with a failure."""
    return [*pairs_of(failures, number, random.Random(seed))]  # noqa: S311 - the same pairs in every run


def one_of_each_failure(failures: Sequence[Failing], seed: int) -> list[tuple[Failing, ...]]:
    """Return for each failure one answer that rules need."""
    chosen = random.Random(seed)  # noqa: S311 - the same answers in every run
    needed = dict.fromkeys(each.answer for each in failures if codes_without(each.answer))
    answers = chosen.sample(list(needed), len(FAILURES))
    return [(Failing(*answer, failure),) for answer, failure in zip(answers, FAILURES, strict=True)]


def kernel_with_each_failure(failures: Sequence[Failing]) -> list[tuple[Failing, ...]]:
    """Return the table of the kernel, which alone shows the stale route, with each failure."""
    return [(each,) for each in failures if each.router == "tor1" and each.command.startswith(_KERNEL)]


def print_all(options: argparse.Namespace) -> int:
    """Print the cells that are asked for, and return how many are wrong; those of the record replace older ones."""
    wrong = 0
    of_record = set(answers_of(HEALTHY)) if options.record else set()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "lab")
        try:
            lab.start()
            lab.wait_clean()
            matrix = AnswerMatrix(lab, Path(folder))
            cells = _wanted(matrix.failures(), options)
            for state in [options.state] if options.state else [HEALTHY, STALE]:
                with matrix.in_state(state):
                    for failing in ((), *cells):
                        outcome = matrix.scanned(state, *failing).outcome
                        wrong += bool(outcome.faults)
                        sys.stdout.write(f"{outcome}\n")
                        sys.stdout.flush()
                        if of_record.issuperset(each.answer for each in failing) and options.record:
                            recorded_matrix.replace([outcome])
        finally:
            lab.stop()
    return wrong


def _wanted(failures: Sequence[Failing], options: argparse.Namespace) -> list[tuple[Failing, ...]]:
    """Return the cells that are asked for."""
    alone = [] if options.pairs_only else [(failing,) for failing in failures]
    every = [*alone, *some_pairs(failures, options.pairs, options.seed)]
    wanted = [cell for cell in every if any(options.only in f"{one.router} {one.command}" for one in cell)]
    part, parts = map(int, options.part.split("/"))
    return wanted[part - 1 :: parts]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.answer_matrix", description=__doc__)
    parser.add_argument("--pairs", type=int, default=30, help="pairs in each state (30)")
    parser.add_argument("--pairs-only", action="store_true", help="no answer fails alone")
    parser.add_argument("--seed", type=int, default=SEED, help=f"what chooses the pairs ({SEED})")
    parser.add_argument("--only", default="", help="only cells whose hosts or commands have these words")
    parser.add_argument("--state", choices=[HEALTHY, STALE], help="only in this state of the network")
    parser.add_argument("--part", default="1/1", help="2/3: the second of three parts, to run beside the others")
    parser.add_argument("--record", action="store_true", help=f"write the outcomes to {recorded_matrix.FILE.name}")
    return parser.parse_args()


if __name__ == "__main__":
    asked = _options()
    sys.stdout.write(f"pairs are chosen with seed {asked.seed}\n")
    sys.exit(min(1, print_all(asked)))
