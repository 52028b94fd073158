"""What a scan of the lab shows while answers fail, as tests.lab.answer_matrix recorded it with real daemons."""

from __future__ import annotations

import fcntl
import json
import re
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from tests.recorded_scans import SCANS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FILE = SCANS / "answer_matrix.json"
_EXPORTS_OF_FRR = tuple(
    f"vtysh -c 'show bgp {family} unicast neighbors {peer} advertised-routes json'"
    for peer in ("{address}", "{name}")
    for family in ("ipv4", "ipv6")
)
FOLLOW_UPS = {
    ("node1", "birdc -r 'show protocols all'"): ("birdc -r 'show route export {name} where net ~ [ {pool}+ ]'",),
    ("node5", "vtysh -c 'show bgp vrf all summary json'"): _EXPORTS_OF_FRR,
}
"""What cannot be asked without an answer, as the report names it."""
_FILLED_IN = {
    "node1": re.compile("birdc -r 'show route export .*"),
    "node5": re.compile("vtysh -c 'show bgp .* advertised-routes json'"),
}


@dataclass(frozen=True, slots=True)
class Failing:
    """One answer, and how it fails."""

    router: str
    command: str
    failure: str

    @property
    def answer(self) -> tuple[str, str]:
        """The router or node, and the command."""
        return self.router, self.command

    @property
    def follow_ups(self) -> tuple[tuple[str, str], ...]:
        """What cannot be asked without the answer: the router or node, and the command with its placeholders."""
        return tuple((self.router, command) for command in FOLLOW_UPS.get(self.answer, ()))


def named_by(failing: Sequence[Failing]) -> set[tuple[str, str]]:
    """Return the hosts and commands that a scan names: of an answer that led to another one, nothing was asked."""
    without = {each.router for each in failing if each.answer in FOLLOW_UPS}
    asked = [
        each.answer for each in failing if not (each.router in without and _FILLED_IN[each.router].match(each.command))
    ]
    return {*asked, *(answer for each in failing for answer in each.follow_ups)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one scan showed."""

    state: str
    failing: tuple[Failing, ...]
    exit_code: int
    undetermined: tuple[str, ...]
    """The rules that could not be judged."""
    faults: tuple[str, ...]
    """What is wrong with that."""

    def __str__(self) -> str:
        failing = "; ".join(f"{each.router} `{each.command}` {each.failure}" for each in self.failing)
        wrong = f", WRONG: {'; '.join(self.faults)}" if self.faults else ""
        codes = " ".join(self.undetermined) or "-"
        return f"{self.state}: {failing}: exit code {self.exit_code}, undetermined: {codes}{wrong}"


def outcomes() -> list[Outcome]:
    """Return the recorded outcomes, of answers alone before those of pairs."""
    return [
        Outcome(state, tuple(Failing(*each) for each in failing), code, tuple(codes), tuple(faults))
        for state, failing, code, codes, faults in json.loads(FILE.read_text(encoding="utf-8"))
    ]


def replace(newer: Iterable[Outcome]) -> None:
    """Write these outcomes in the place of older ones of the same cells; parts of a run may write at once."""
    with FILE.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        known = outcomes() if FILE.stat().st_size else []
        of_cells = {(each.state, each.failing): each for each in (*known, *newer)}
        lines = [
            json.dumps(astuple(of_cells[cell])) for cell in sorted(of_cells, key=lambda c: (c[0], len(c[1]), str(c[1])))
        ]
        file.truncate(0)
        file.write("[\n" + ",\n".join(lines) + "\n]\n")
