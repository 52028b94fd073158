"""Lists of a large JSON report that are written once and referred to: version 2 of the format.

A fabric has few different sets of next hops and many prefixes: 12,000 prefixes with 64 next hops each are 768,000
objects, nearly all equal. Version 2 has each next hop once, each set once as numbers of next hops, and the number of
the set in place of the list; the same for missing nodes. A reader of version 1 finds a number where it reads a list, so
only a report with more than `MOST_WRITTEN_OUT` entries is of version 2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ecmpaudit.model import address_key

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from ecmpaudit.model import Audit, NextHop, Node

MOST_WRITTEN_OUT = 20_000
"""Next hops and missing nodes that version 1 writes out; they take about 3 MB."""
_NEXT_HOP = ("address", "interface", "vrf", "weight")
_LISTS = {"installed": "next_hop", "not_in_fib": "next_hop", "next_hops": "next_hop", "missing": "node"}
"""Keys of findings, prefixes and fallbacks with a list, and what it lists."""


@dataclass(frozen=True, slots=True)
class SetsWrittenOnce:
    """Members and sets of them, each with the number of its first use."""

    members: dict[Hashable, int] = field(default_factory=dict)
    sets: dict[tuple[int, ...], int] = field(default_factory=dict)

    def number_of(self, members: Iterable[Hashable]) -> int:
        """Return the number of the set of these members, in this order."""
        numbers = tuple([self.members.setdefault(member, len(self.members)) for member in members])
        return self.sets.setdefault(numbers, len(self.sets))


class WrittenOut:
    """Version 1: each list is where it is used."""

    version = 1

    def next_hops(self, hops: Iterable[NextHop]) -> list[dict[str, Any]] | int:
        """Return what the report has in place of these next hops."""
        return [dict(zip(_NEXT_HOP, _values(hop), strict=True)) for hop in hops]

    def nodes(self, nodes: Iterable[Node]) -> list[dict[str, Any]] | int:
        """Return what the report has in place of these nodes."""
        return [_node(node) for node in nodes]

    def tables(self) -> dict[str, list[Any]]:
        """Return the keys that the report has for its sets."""
        return {}


class WrittenOnce(WrittenOut):
    """Version 2: each list is a number, and the tables are complete when all lists were asked for."""

    version = 2

    def __init__(self) -> None:
        self._next_hops, self._nodes = SetsWrittenOnce(), SetsWrittenOnce()

    def next_hops(self, hops: Iterable[NextHop]) -> int:
        """Return the number of this set of next hops."""
        return self._next_hops.number_of(_values(hop) for hop in hops)

    def nodes(self, nodes: Iterable[Node]) -> int:
        """Return the number of this set of nodes."""
        return self._nodes.number_of(nodes)

    def tables(self) -> dict[str, list[Any]]:
        """Return the members and the sets of them, in the order of their numbers."""
        return {
            "next_hops": [dict(zip(_NEXT_HOP, values, strict=True)) for values in self._next_hops.members],  # type: ignore[call-overload] # the members are what _values returned
            "next_hop_sets": [list(numbers) for numbers in self._next_hops.sets],
            "nodes": [_node(node) for node in self._nodes.members],  # type: ignore[arg-type] # nodes() had them
            "node_sets": [list(numbers) for numbers in self._nodes.sets],
        }


def lists_of(audit: Audit) -> WrittenOut:
    """Return how the report of this audit writes its lists: out where they are few, else each once."""
    entries = sum(
        len(prefix.installed)
        + len(prefix.not_in_fib)
        + len(prefix.missing)
        + sum(len(route.forwarding_candidates) for route in prefix.fallbacks)
        for prefix in audit.network.prefixes
    ) + sum(len(finding.missing) for finding in audit.findings)
    return WrittenOnce() if entries > MOST_WRITTEN_OUT else WrittenOut()


def with_lists(report: dict[str, Any]) -> dict[str, Any]:
    """Return a parsed report in the form of version 1: with each list where version 2 has its number.

    A report of version 1 is returned as it is. Equal lists are one object: copy one before you change it.
    """
    if report["ecmpaudit_report"] == 1:
        return report
    lists = {
        name: [[report[f"{name}s"][number] for number in numbers] for numbers in report[f"{name}_sets"]]
        for name in ("next_hop", "node")
    }
    tables = {f"{name}{end}" for name in lists for end in ("s", "_sets")}
    whole = {key: value for key, value in report.items() if key not in tables}
    whole["ecmpaudit_report"] = 1
    whole["findings"] = [_filled(finding, lists) for finding in report["findings"]]
    whole["prefixes"] = [
        {**_filled(prefix, lists), "fallbacks": [_filled(route, lists) for route in prefix["fallbacks"]]}
        for prefix in report["prefixes"]
    ]
    return whole


def _filled(entry: dict[str, Any], lists: dict[str, list[list[Any]]]) -> dict[str, Any]:
    return {key: lists[_LISTS[key]][value] if key in _LISTS else value for key, value in entry.items()}


def _values(hop: NextHop) -> tuple[str | None, str | None, str, int | None]:
    return hop.address, hop.interface, hop.vrf, hop.weight


def _node(node: Node) -> dict[str, Any]:
    # The text breaks ties between zones (fe80::1%eth0, fe80::1%eth1), or a set's own order would show through.
    return {"name": node.name, "addresses": sorted(node.addresses, key=lambda text: (address_key(text), text))}
