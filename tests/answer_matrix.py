"""Every answer of the recorded scans failing in every way, alone and in pairs: `python -m tests.answer_matrix`.

Each cell is judged as `analyze` judges a saved scan. Since most answers of two cells are the same text, each text is
parsed once (`shared_parsing`). Printed is a line per cell; docs/missing-answers.md has them in compact form, and
tests/test_answer_matrix.py holds what no cell may say.
"""

from __future__ import annotations

import contextlib
import random
import re
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from unittest.mock import patch

from ecmpaudit.model import Severity
from ecmpaudit.parsing import bgp_table
from ecmpaudit.parsing.batches import read_captures
from ecmpaudit.parsing.facts import readers
from ecmpaudit.reporting.verdict import exit_code
from tests import recorded_matrix
from tests.history_builders import CODES
from tests.recorded_matrix import Failing
from tests.recorded_scans import FAULTS, HEALTHY, STALE, audited, captures_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.model import Audit, Capture
    from ecmpaudit.parsing.plan import Wanted
    from ecmpaudit.parsing.resolved import Resolved

SCANS = (HEALTHY, STALE)
FAILURES = ("refused", "timed out", "cut in a line", "cut at a line end", "garbage")
PAIRS, SEED = 60, 12
"""Pairs of failing answers of each scan, and what chooses them."""

_OF_OTHERS = {"ECMP106", "ECMP405", "ECMP107", "ECMP108", "ECMP109", "ECMP406", "ECMP407"}
"""Rules about sessions, a fabric or the objects of a cluster."""
_NEED_ROUTES = tuple(code for code in CODES if not code.startswith("ECMP0") and code not in _OF_OTHERS)
_NEED_CEILING = ("ECMP201", "ECMP202", "ECMP203", "ECMP204")
_NEED_KERNEL = ("ECMP302", "ECMP305", "ECMP707")
_NEED_HASH = ("ECMP702", "ECMP704", "ECMP705", "ECMP706")
_NEED_PATHS = ("ECMP204", "ECMP401", "ECMP603")
UNDETERMINED = {
    ("tor1", "vtysh -c 'show ip route vrf all'"): _NEED_ROUTES,
    ("tor1", "vtysh -c 'show ipv6 route vrf all'"): _NEED_ROUTES,
    ("tor1", "vtysh -c 'show running-config'"): (*_NEED_CEILING, "ECMP401", "ECMP404", "ECMP707"),
    ("tor1", "vtysh -c 'show bgp vrf all summary json'"): ("ECMP403", "ECMP404", "ECMP405", "ECMP703"),
    ("tor1", "vtysh -c 'show bgp vrf all neighbors json'"): ("ECMP404", "ECMP703"),
    ("tor1", "vtysh -c 'show bgp ipv4 unicast 172.31.0.0/16 longer-prefixes json'"): _NEED_PATHS,
    ("tor1", "vtysh -c 'show bgp ipv6 unicast fd00:31::/32 longer-prefixes json'"): _NEED_PATHS,
    ("tor1", "vtysh -c 'show zebra'"): _NEED_CEILING,
    ("tor1", "ip -j -4 route show table all"): _NEED_KERNEL,
    ("tor1", "ip -j -6 route show table all"): _NEED_KERNEL,
    ("tor1", "ip -j neigh"): ("ECMP304",),
    ("tor1", "ip -j nexthop"): ("ECMP305", "ECMP707"),
    ("tor1", "vtysh -c 'show bfd peers json'"): ("ECMP703",),
    ("tor1", "sysctl net.ipv4.fib_multipath_hash_policy net.ipv6.fib_multipath_hash_policy"): _NEED_HASH,
}
"""What a missing answer leaves undetermined; all others of these scans add causes only, or are repeated.

The link-local address of a node that did not report it is known from tor1's paths.
"""


_ABOUT_POOLS = (
    (re.compile(r"vtysh -c 'show ip(v6)? route vrf all [0-9A-Fa-f]"), _NEED_ROUTES),
    (re.compile(r"ip -j -[46] route show table all (root|match) "), _NEED_KERNEL),
    (re.compile(r"sysctl .*fib_multipath_hash_policy"), _NEED_HASH),
)
"""Commands of tor1 as they are today: the recorded scans asked for whole tables, and for the hash policy alone."""


def codes_without(answer: tuple[str, str]) -> tuple[str, ...]:
    """Return the rules that cannot be judged without an answer of a host to a command."""
    router, command = answer
    about = (codes for pattern, codes in _ABOUT_POOLS if router == "tor1" and pattern.match(command))
    return next(about, UNDETERMINED.get(answer, ()))


@dataclass(frozen=True)
class Cell:
    """One scan with failing answers, and its audit."""

    scan: str
    failing: tuple[Failing, ...]
    audit: Audit

    @property
    def exit_code(self) -> int:
        """As `scan` and `analyze` return it."""
        return exit_code(self.audit, Severity.ERROR)

    def undetermined(self, failing: Failing) -> tuple[str, ...]:
        """The rules that could not be judged without one of the answers."""
        entries = self.audit.network.not_answered
        return tuple(
            code for each in entries if (each.router, each.command) == failing.answer for code in each.undetermined
        )

    def __str__(self) -> str:
        failing = "; ".join(f"{each.router} `{each.command}` {each.failure}" for each in self.failing)
        codes = sorted({code for each in self.failing for code in self.undetermined(each)})
        found = sorted({finding.code for finding in self.audit.findings})
        return (
            f"{self.scan}: {failing}: exit code {self.exit_code}, undetermined: {' '.join(codes) or '-'}, "
            f"found: {' '.join(found) or '-'}"
        )


@contextlib.contextmanager
def shared_parsing() -> Iterator[None]:
    """Parse each text once, whichever cell it is in; the readers themselves are those of the package."""
    facts_of, paths_of = cache(readers.read_facts), cache(bgp_table.read_bgp_table)
    table_of = cache(lambda capture, wanted: read_captures([capture], wanted)[0])

    def tables(captures: Sequence[Capture], wanted: Wanted) -> list[object]:
        return [table_of(capture, wanted) for capture in captures]

    def facts(capture: Capture, _: Resolved | None = None) -> object:
        return facts_of(capture)

    def paths(capture: Capture, _: Resolved | None = None) -> object:
        return paths_of(capture)

    with (
        patch.object(readers, "read_facts", facts),
        patch.object(bgp_table, "read_bgp_table", paths),
        patch("ecmpaudit.auditing.gathering.read_captures", tables),
    ):
        yield


def answers_of(scan: str) -> list[tuple[str, str]]:
    """Return every answer of a scan: the router or node, and the command."""
    return [(str(capture.router), str(capture.command)) for capture in captures_of(scan)]


def failures_of(scan: str) -> list[Failing]:
    """Return each answer of a recorded scan with each failure."""
    return failures_in(captures_of(scan))


def failures_in(captures: Iterable[Capture]) -> list[Failing]:
    """Return each answer with each failure; where a daemon does not run, there is no text to cut."""
    return [
        Failing(str(capture.router), str(capture.command), failure)
        for capture in captures
        for failure in FAILURES
        if capture.text or not failure.startswith("cut")
    ]


@cache
def single_cells() -> tuple[Cell, ...]:
    """Return a cell for each answer of each scan and each failure."""
    with shared_parsing():
        return tuple(_cell(scan, failing) for scan in SCANS for failing in failures_of(scan))


def pairs_of(failures: Sequence[Failing], number: int, chosen: random.Random) -> list[tuple[Failing, Failing]]:
    """Return so many pairs of different answers that fail."""
    of_answers: dict[tuple[str, str], list[Failing]] = {}
    for each in failures:
        of_answers.setdefault(each.answer, []).append(each)
    pairs = (chosen.sample(list(of_answers.values()), 2) for _ in range(number))
    return [(chosen.choice(one), chosen.choice(other)) for one, other in pairs]


@cache
def pair_cells() -> tuple[Cell, ...]:
    """Return a cell for each of a seeded selection of pairs of answers and failures."""
    chosen = random.Random(SEED)  # noqa: S311 - the same pairs in every run
    with shared_parsing():
        return tuple(_cell(scan, *failing) for scan in SCANS for failing in pairs_of(failures_of(scan), PAIRS, chosen))


@cache
def whole_scan(scan: str) -> Audit:
    """Return the audit of a scan in which every answer came."""
    return audited(captures_of(scan))


def _cell(scan: str, *failing: Failing) -> Cell:
    failures = {each.answer: FAULTS[each.failure] for each in failing}
    captures = [
        failures[answer](each) if (answer := (str(each.router), str(each.command))) in failures else each
        for each in captures_of(scan)
    ]
    return Cell(scan, failing, audited(captures))


_PAGE = """\
# Missing answers
<!-- no command: `make matrix` makes the table -->

<!-- Made by `make docs` from every answer of the recorded scans in tests/fixtures/scans failing in turn. -->

What a router or a node does not answer is never taken for health. This table has what happens when one answer of a
scan fails: the command is refused, is not answered in time, ends within a line or at a line end, or prints something
else. tor1 is an FRR router, node1 runs BIRD, node5 FRR. Each cell has two exit codes: of a healthy network, and of one
in which the kernel of tor1 forwards over one of several next hops (ECMP302). 3 is incomplete, 1 is a finding. "Not
judged" are the rules that need the answer; the report names them with the command and the reason (`not_answered` in
JSON), and no fault of them is gone in the history, in alerts or in metrics.

{table}

- An answer without a rule in its row only adds causes: the report says which links a finding may lack, and the exit
  code stays. Where another command repeats an answer (`show version` and `show zebra`), nothing is lost.
- Text without an end mark that ends at a line end (FRR's tables, BIRD's lists) shows nothing of what is lost: no reader
  can notice it. A scan asks for the daemon's table and the kernel's, and where the two differ, for both once more.
- Of {pairs} pairs of failing answers, chosen with a seed, {zero} end with 0, all of them in the healthy network and
  without a rule that could not be judged; {one} end with 1, {three} with 3.
- With real daemons (`make matrix ARGS=--record`, tests/fixtures/scans/answer_matrix.json) {healthy} cells of the
  healthy network are recorded and {stale} of the other one, each with the exit code and the rules of this table.
- `python -m tests.answer_matrix` prints every cell, and `tests/test_answer_matrix.py` holds what none may say.
"""


def matrix_page() -> str:
    """Return docs/missing-answers.md."""
    codes = Counter(cell.exit_code for cell in pair_cells())
    table = "\n".join(_rows())
    of_lab = Counter(each.state for each in recorded_matrix.outcomes() if len(each.failing) == 1)
    return _PAGE.format(
        table=table,
        healthy=of_lab[HEALTHY],
        stale=of_lab[STALE],
        pairs=codes.total(),
        zero=codes[0],
        one=codes[1],
        three=codes[3],
    )


def _rows() -> Iterator[str]:
    yield f"| host | command | {' | '.join(FAILURES)} | not judged |"
    yield "|---" * (len(FAILURES) + 3) + "|"
    cells = {(cell.scan, cell.failing[0]): cell for cell in single_cells()}
    for router, command in answers_of(HEALTHY):
        failing = [Failing(router, command, failure) for failure in FAILURES]
        outcomes = [
            "/".join(str(cells[scan, each].exit_code) for scan in SCANS if (scan, each) in cells) for each in failing
        ]
        codes = cells[HEALTHY, failing[0]].undetermined(failing[0])
        text = command.replace("|", r"\|")
        yield f"| {router} | `{text}` | {' | '.join(outcomes)} | {_in_ranges(codes)} |"


def _in_ranges(codes: Sequence[str]) -> str:
    """Return `ECMP101-105, 302`, of codes that follow each other."""
    numbers = [int(code.removeprefix("ECMP")) for code in codes]
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"ECMP{', '.join(parts)}" if parts else ""


if __name__ == "__main__":
    for cell in (*single_cells(), *pair_cells()):
        sys.stdout.write(f"{cell}\n")
