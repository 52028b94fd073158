"""A small picture of an incident: which routers, prefixes and nodes of the whole it is about, drawn where they are.

The map has a line for each router and a column for each prefix, the strip below it a place for each node. Where there
are more of them than places, neighbours share one, and it is marked if one of them is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import prefix_key
from ecmpaudit.reporting.matrix import natural_key
from ecmpaudit.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ecmpaudit.model import Audit, Incident

WIDTH, HEIGHT, STRIP = 120, 72, 10
"""Of the map and of the strip, in units of the picture."""
_LINES, _COLUMNS, _PLACES = 24, 40, 40
"""The most places of routers, of prefixes and of nodes."""

_Run = tuple[float, float]
"""Where it begins, and its length."""


@dataclass(frozen=True, slots=True)
class Picture:
    """The block of one incident, as SVG paths and in words."""

    map: str
    """Empty where it is neither about routers nor about prefixes."""
    strip: str
    """Empty where it is about no node."""
    words: tuple[str, ...]
    """`1 of 64 nodes`, `1 of 40 routers`, `300 of 300 prefixes`"""


@dataclass(frozen=True, slots=True)
class Axes:
    """Everything that the incidents of a run may be about, each with its place."""

    routers: Mapping[str, int]
    prefixes: Mapping[str, int]
    nodes: Mapping[str, int]

    @classmethod
    def of(cls, audit: Audit) -> Axes:
        """Return the axes of a run: what is audited, and what an incident names beside that."""
        views, incidents = audit.network.prefixes, audit.incidents
        routers = {view.router for view in views} | {each.name for each in audit.network.routers if not each.is_node}
        expectations = {id(view.expectation): view.expectation for view in views if view.expectation}.values()
        nodes = {node.name for expectation in expectations for node in expectation.nodes}
        prefixes = {view.prefix for view in views} | {prefix for each in incidents for prefix in each.prefixes}
        known = routers - {each.name for each in audit.network.routers if each.is_node}
        return cls(_numbered(known, natural_key), _numbered(prefixes, _prefix_order), _numbered(nodes, natural_key))

    def picture_of(self, incident: Incident) -> Picture:
        """Return the picture; an axis that the incident does not limit is marked as a whole in the map."""
        routers, prefixes = _places(incident.routers, self.routers), _places(incident.prefixes, self.prefixes)
        nodes = _places(incident.nodes, self.nodes)
        lines = _runs(routers or range(len(self.routers)), len(self.routers), _LINES, HEIGHT)
        columns = _runs(prefixes or range(len(self.prefixes)), len(self.prefixes), _COLUMNS, WIDTH)
        words = (
            _extent(nodes, self.nodes, "node"),
            _extent(routers, self.routers, "router"),
            _extent(prefixes, self.prefixes, "prefix"),
        )
        return Picture(
            map=_path(columns, lines) if routers or prefixes else "",
            strip=_path(_runs(nodes, len(self.nodes), _PLACES, WIDTH), [(0, STRIP)]) if nodes else "",
            words=tuple(filter(None, words)),
        )


def _numbered(names: Iterable[str], key: Callable[[str], Any]) -> dict[str, int]:
    return {name: number for number, name in enumerate(sorted(names, key=key))}


def _prefix_order(prefix: str) -> tuple[object, ...]:
    """Sort prefixes as networks, and what is none after them."""
    try:
        return (0, *prefix_key(prefix))
    except ValueError:
        return (1, prefix)


def _places(names: Iterable[str], axis: Mapping[str, int]) -> list[int]:
    return sorted({axis[name] for name in names if name in axis})


def _extent(places: Sequence[int], axis: Mapping[str, int], what: str) -> str:
    return f"{len(places):,} of {counted(len(axis), what)}" if places else ""


def _runs(places: Iterable[int], size: int, most: int, length: int) -> list[_Run]:
    """Return the marked parts of an axis; neighbours are one."""
    bins = min(size, most)
    marked = sorted({place * bins // size for place in places})
    unit = length / bins if bins else 0
    runs: list[_Run] = []
    for start in marked:
        if runs and abs(runs[-1][0] + runs[-1][1] - start * unit) < unit / 2:
            runs[-1] = (runs[-1][0], runs[-1][1] + unit)
        else:
            runs.append((start * unit, unit))
    return runs


def _path(columns: Sequence[_Run], lines: Sequence[_Run]) -> str:
    return "".join(
        f"M{left:.4g} {top:.4g}h{width:.4g}v{height:.4g}h-{width:.4g}z"
        for top, height in lines
        for left, width in columns
    )
