"""The page `docs/lab-states.md`, made from the states of all topologies; `make docs` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tests.lab.plan import PREFIXES
from tests.lab.states.catalogue import STATES
from tests.lab.topologies.catalogue import TOPOLOGIES
from tests.lab.topologies.judge import Outcome, explain_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.lab.topologies.state import Expected

_HEAD = """\
# States of the lab

<!-- Made from tests/lab/states and tests/lab/topologies by `make docs`; edit those. -->

Each row is a state of real routers and nodes in network namespaces (FRR, BIRD, sshd), made with the daemons
themselves and confirmed by what they answer. `ecmpaudit scan` has to find exactly this, and `ecmpaudit explain PREFIX`
has to show the same broken link. `make lab` runs all, `make test` a part; `likely` and `unknown` are as in
[the chain of causes](output.md). Where nodes are "any", the router itself chooses which ones it leaves out. The last
columns are exit codes, of `explain` for a prefix that the state is about.
"""
_FIRST = "two routers and five nodes on one segment, with BGP and OSPF"
_COLUMNS = "| State | Finding | Router | Missing | Broken link | Confidence | `scan` | `explain` |"


class _Named(Outcome, Protocol):
    @property
    def name(self) -> str:
        """The state's name."""


def states_page() -> str:
    """Return the page about all states, in Markdown."""
    tables: list[tuple[str, Sequence[_Named], Sequence[str]]] = [(_FIRST, STATES, PREFIXES)]
    tables += [(network.title, states, network.prefixes) for network, states in TOPOLOGIES]
    every = [state for _, states, _ in tables for state in states]
    broken = [state for state in every if state.findings or state.also]
    count = f"{len(broken)} broken states and {len(every) - len(broken)} healthy ones over {len(tables)} topologies"
    parts = [_HEAD, f"{count}. At rest, each topology gives no finding and exit code 0, three times."]
    for title, states, prefixes in tables:
        parts += [f"\n## {title[0].upper()}{title[1:]}\n", _COLUMNS, "|---" * _COLUMNS.count(" | ") + "|---|"]
        parts += [row for state in states for row in _rows(state.name, state, prefixes)]
    return "\n".join([*parts, ""])


def _rows(name: str, state: Outcome, prefixes: Sequence[str]) -> Iterator[str]:
    """Yield a row for each finding of a state, or one without; `explain` is of the prefix with most to say."""
    codes = {explain_code(state, prefix) for prefix in prefixes}
    ends = f"{state.exit_code} | {1 if 1 in codes else max(codes)} |"
    for expected in state.findings:
        yield f"| {name} | {_codes(expected, state)} | {_places(expected)} | {_missing(expected)} | {ends}"
    if not state.findings:
        yield f"| {name} | {', '.join(sorted(state.also)) or 'none'} |  |  |  |  | {ends}"


def _codes(expected: Expected, state: Outcome) -> str:
    return ", ".join([expected.code, *sorted(state.also)])


def _places(expected: Expected) -> str:
    return ", ".join(router or "" for router in expected.routers)


def _missing(expected: Expected) -> str:
    nodes = "any" if expected.missing is None else ", ".join((*expected.missing, *expected.unforwarded))
    confidence = expected.confidence if expected.link else ""
    return f"{nodes} | {expected.link or ''} | {confidence}"
