"""Route tables that GoBGP prints as JSON: `gobgp global rib -j`.

Each path is one route, like a line of the text. An IPv6 next hop is in the attribute of the reachable networks (type
14), an IPv4 one in an attribute of its own (type 3).
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from ecmpaudit.parsing.outside_values import flag_in, mapping, number_in, objects, objects_in, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NEXT_HOP, _REACHABLE_NETWORKS = 3, 14
"""Types of path attributes (RFC 4271 5.1.3, RFC 4760 3)."""


def looks_like_gobgp(document: Any) -> bool:
    """Return whether the first path has `nlri` and `attrs`, as only GoBGP's has."""
    if not isinstance(document, dict):
        return False
    first = next(iter(document.values()), None)
    return isinstance(first, list) and bool(first) and isinstance(first[0], dict) and {"nlri", "attrs"} <= set(first[0])


def gobgp_routes(document: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield the facts of each path and its one next hop, as columns of the canonical table.

    Raises:
        ValueError, KeyError, TypeError: this is no table of GoBGP, or one of another address family than IP unicast.
    """
    for prefix, paths in document.items():
        for path in objects(paths, prefix):
            yield _facts(path), [_next_hop(prefix, path)]


def _facts(path: dict[str, Any]) -> dict[str, Any]:
    prefix = ip_network(text_of(mapping(path["nlri"], "nlri")["prefix"], "prefix"))
    return {
        "family": prefix.version,
        "prefix": str(prefix),
        "protocol": "bgp",
        "metric": None,
        "selected": flag_in(path, "best"),
    }


def _next_hop(prefix: str, path: dict[str, Any]) -> dict[str, Any]:
    return {
        "next_hop": _address(prefix, objects_in(path, "attrs")),
        "interface": None,
        "installed": flag_in(path, "best"),
        "active": True,
        "recursive_depth": 0,
        "kind": "unicast",
        "marks": "",
    }


def _address(prefix: str, attributes: Sequence[dict[str, Any]]) -> str:
    for attribute in attributes:
        if number_in(attribute, "type") in {_NEXT_HOP, _REACHABLE_NETWORKS}:
            return str(ip_address(text_of(attribute["nexthop"], "nexthop")))
    raise ValueError(f"{prefix}: a path without a next hop")
