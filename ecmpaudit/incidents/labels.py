"""What nodes have in common: a label such as rack or zone, a cluster, a subnet."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING

from ecmpaudit.model.addressing import address_key, is_ipv6, is_link_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecmpaudit.model import Node

_FEWEST = 2
_LENGTHS = {4: 24, 6: 64}
"""Of the subnets that are looked for, by family: how long those of the network are is not known."""


def named_sets(nodes: Iterable[Node]) -> dict[str, tuple[Node, ...]]:
    """Return each set of two or more nodes, but not of all, by what they share; labels are before subnets.

    Of two names for one set, the first is the better one.
    """
    known = tuple(nodes)
    sets: dict[str, dict[str, Node]] = {}
    for names_of in (_labels, _subnets):
        for node in known:
            for name in names_of(node):
                sets.setdefault(name, {})[node.name] = node
    return {name: tuple(own.values()) for name, own in sets.items() if _FEWEST <= len(own) < len(known)}


def _labels(node: Node) -> Iterator[str]:
    yield from (f"{key} {value}" for key, value in node.labels)


def _subnets(node: Node) -> Iterator[str]:
    for address in sorted(node.addresses, key=address_key):
        if not is_link_local(address):
            family = 6 if is_ipv6(address) else 4
            yield f"{ip_interface(f'{address}/{_LENGTHS[family]}').network}"
