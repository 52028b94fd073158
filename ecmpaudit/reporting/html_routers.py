"""The routers as the HTML report shows them: those with faults first, each with its folded matrix, then the others."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecmpaudit.model import Kind
from ecmpaudit.reporting.fan_out import FanOut, fan_out, gauge
from ecmpaudit.reporting.folded import Folded, Folding, Room
from ecmpaudit.reporting.matrix import CellState, matrices, node_domain
from ecmpaudit.reporting.verdict import SEVERITY_ORDER
from ecmpaudit.wording import counted, shared_domain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecmpaudit.model import Audit, Finding, RouterState, Severity
    from ecmpaudit.reporting.matrix import Cell, Matrix, Row

UNNAMED = "unnamed router"
_MOST_ROWS = 2000
"""Rows with faults on the page, equal ones folded."""
_ABSENT = frozenset({CellState.MISSING, CellState.NOT_IN_FIB, CellState.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Spread:
    """One VRF of a router."""

    name: str
    """Router and VRF, for screen readers."""
    folded: Folded
    fan: FanOut | None
    """None where nothing is installed, and where every prefix is as expected."""
    ceiling: str
    """The largest set beside the ceiling, in words; empty where the picture has it."""


@dataclass(frozen=True, slots=True)
class RouterView:
    """One router, or a node that was not checked."""

    number: int
    """On the page, from 1."""
    name: str
    label: str
    """The name without the domain that all routers share."""
    state: RouterState | None
    spreads: tuple[Spread, ...]
    severities: tuple[Severity, ...]
    """Of the findings about it."""
    incidents: tuple[int, ...]
    """Places in `Audit.incidents` of those that are about it."""
    is_clean: bool
    """Wholly read, every prefix judged, and nothing found."""

    @property
    def place(self) -> str:
        """Its fragment of the page."""
        return f"router-{self.number}"

    @property
    def faulty(self) -> int:
        """How many of its prefixes have a fault."""
        return sum(
            spread.folded.not_drawn + sum(len(row.prefixes) for row in spread.folded.faulty) for spread in self.spreads
        )

    @property
    def sentence(self) -> str:
        """What a router without a fault has: `300 prefixes with all 64 next hops`."""
        groups = [group for spread in self.spreads for group in spread.folded.faultless]
        number = sum(len(group.prefixes) for group in groups)
        return groups[0].sentence if len(groups) == 1 else f"{counted(number, 'prefix')} with all their next hops"


@dataclass(frozen=True, slots=True)
class Routers:
    """All routers, those without a fault last."""

    views: tuple[RouterView, ...]
    node_domain: str
    """What the names of all nodes end in, and are shown without; empty where they share nothing."""
    router_domain: str
    by_name: Mapping[str, RouterView]

    @property
    def with_faults(self) -> list[RouterView]:
        """Those of which something is wrong or not known."""
        return [view for view in self.views if not view.is_clean]

    @property
    def without_faults(self) -> list[RouterView]:
        """Those that are as expected."""
        return [view for view in self.views if view.is_clean]

    @property
    def cells(self) -> Counter[Cell]:
        """How often each cell is seen."""
        counts: Counter[Cell] = Counter()
        for view in self.views:
            for spread in view.spreads:
                counts.update(spread.folded.cells)
        return counts

    def places_of(self, incident: int, names: Sequence[str]) -> list[tuple[str, str]]:
        """Return the routers of an incident by their labels, each with its first row, or the router itself."""
        views = [self.by_name[name] for name in map(named, names) if name in self.by_name]
        return [(view.label, _place_in(view, incident)) for view in views]


def named(router: str | None) -> str:
    """Return the router's name, or that it has none."""
    return router or UNNAMED


def routers_of(audit: Audit, incident_of: Mapping[int, int]) -> Routers:
    """Return the routers of a run; `incident_of` has the incident of each finding, by their places."""
    states = {state.name: state for state in audit.network.routers}
    of_router: dict[str, list[Matrix]] = defaultdict(list)
    for matrix in matrices(audit):
        of_router[matrix.router].append(matrix)
    names = list(dict.fromkeys([*states, *of_router]))
    found: dict[str | None, set[Severity]] = defaultdict(set)
    for finding in audit.findings:
        found[finding.router].add(finding.severity)
    clean = {name for name in names if _is_clean(states.get(name), of_router[name], found[name])}
    in_order = [*(name for name in names if name not in clean), *(name for name in names if name in clean)]
    about: dict[str, list[int]] = defaultdict(list)
    for number, incident in enumerate(audit.incidents):
        for name in incident.routers:
            about[name].append(number)
    domain, router_domain = node_domain(audit), shared_domain(names)
    folding = _folding(audit, incident_of)
    views = tuple(
        RouterView(
            number=number,
            name=named(name),
            label=named(name.removesuffix(f".{router_domain}") if router_domain else name),
            state=states.get(name),
            spreads=tuple(_spread(folding.folded(m), m, domain, is_clean=name in clean) for m in of_router[name]),
            severities=tuple(severity for severity in SEVERITY_ORDER if severity in found[name]),
            incidents=tuple(about[name]),
            is_clean=name in clean,
        )
        for number, name in enumerate(in_order, start=1)
    )
    return Routers(views, domain, router_domain, {view.name: view for view in views})


def _is_clean(state: RouterState | None, of_router: Sequence[Matrix], found: set[Severity]) -> bool:
    is_whole = state is not None and state.has_data and state.failure is None and not state.unparsed
    rows = [row for matrix in of_router for row in matrix.rows]
    return is_whole and bool(rows) and not found and all(r.expected is not None and not r.is_faulty for r in rows)


def _spread(folded: Folded, matrix: Matrix, domain: str, *, is_clean: bool) -> Spread:
    name = named(matrix.router) if matrix.vrf == "default" else f"{named(matrix.router)}, vrf {matrix.vrf}"
    fan = None if is_clean else fan_out(matrix.prefixes, domain)
    has_any = any(prefix.installed for prefix in matrix.prefixes)
    return Spread(name, folded, fan, gauge(matrix.prefixes).text if has_any and fan is None else "")


def _place_in(view: RouterView, incident: int) -> str:
    rows = (row for spread in view.spreads for row in spread.folded.faulty if incident in row.incidents)
    first = next(rows, None)
    return view.place if first is None else f"row-{first.number}"


def _folding(audit: Audit, incident_of: Mapping[int, int]) -> Folding:
    """Return what folds the matrices; a row is of the incidents of its findings, and of those whose block it is in."""
    blocks: dict[str, list[tuple[int, frozenset[str], frozenset[str]]]] = defaultdict(list)
    for number, incident in enumerate(audit.incidents):
        if incident.kind in {Kind.MISSING, Kind.NO_ROUTE}:
            block = (number, frozenset(incident.prefixes), frozenset(incident.nodes))
            for name in incident.routers:
                blocks[name].append(block)

    def incidents_of(matrix: Matrix, row: Row) -> tuple[int, ...]:
        found = {incident_of[number] for number in row.findings if number in incident_of}
        around = [block for block in blocks.get(matrix.router, ()) if row.prefix in block[1] and block[0] not in found]
        if around:
            cells = zip(matrix.columns, row.cells, strict=True)
            absent = {column.name for column, cell in cells if cell.state in _ABSENT}
            found |= {number for number, _, nodes in around if nodes and nodes <= absent}
        return tuple(sorted(found))

    return Folding(incidents_of, [_code_of(finding) for finding in audit.findings], Room(_MOST_ROWS))


def _code_of(finding: Finding) -> tuple[str, str]:
    return finding.code, finding.severity.value
