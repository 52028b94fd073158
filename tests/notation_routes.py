"""The part of the rules' notation that is about one route: its protocol, next hops and marks."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from ecmpaudit.expectations.node_lists import parse_nodes
from ecmpaudit.model import NextHop, NextHops, Route

if TYPE_CHECKING:
    from collections.abc import Iterator

_DISTANCES = {"connected": 0, "local": 0, "kernel": 0, "static": 1, "bgp": 20, "ospf": 110, "isis": 115, "rip": 120}
_MARKS = {"inactive", "queued", "rejected", "recursive", "duplicate", "backup", "dead", "linkdown"}
_ROUTE = re.compile(r"(?:(?P<protocol>[a-z]\S*) )??(?:via (?P<hops>.+)|(?P<kind>blackhole|unreachable|prohibit))")
_HOP = re.compile(r"(?P<address>[0-9a-f.:]+)(?:%(?P<interface>\S+))?(?: weight (?P<weight>\d+))?(?P<marks>(?: \w+)*)")
_RANGE = re.compile(r"[0-9a-f.:]+-[0-9a-f.:]+")


def selected_route(prefix: str, text: str) -> Route:
    """Return the route that a text such as `ospf via 192.0.2.1-3` means, as the selected one."""
    found = _ROUTE.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is no route; expected [PROTOCOL] via NEXT HOPS, or blackhole')
    protocol = found["protocol"] or "bgp"
    parts = found["hops"].split(",") if found["hops"] else []
    if protocol not in _DISTANCES:
        raise ValueError(f'"{protocol}" is no protocol; expected one of {", ".join(_DISTANCES)}')
    return Route(
        prefix=prefix_of(prefix),
        protocol=protocol,
        next_hops=NextHops(tuple(hop for part in parts for hop in hops_of(part.strip()))),
        distance=_DISTANCES[protocol],
        is_selected=True,
        kind=found["kind"] or "unicast",
    )


def not_selected(route: Route) -> Route:
    """Return the route as one that is not selected, so that nothing of it is installed."""
    hops = tuple(
        NextHop(h.address, h.interface, h.vrf, h.weight, is_installed=False, is_active=h.is_active, marks=h.marks)
        for h in route.next_hops
    )
    return Route(route.prefix, route.protocol, NextHops(hops), distance=route.distance, kind=route.kind)


def hops_of(text: str) -> Iterator[NextHop]:
    """Yield the next hops of one address or range, with its marks."""
    if _RANGE.fullmatch(text):
        yield from (NextHop(node.name) for node in parse_nodes([text]))
        return
    found = _HOP.fullmatch(text)
    if found is None:
        raise ValueError(f'"{text}" is no next hop; expected ADDRESS[%INTERFACE] [weight N] [MARK]')
    marks = tuple(found["marks"].split())
    if unknown := set(marks) - _MARKS:
        raise ValueError(f'"{min(unknown)}" is no mark; expected one of {", ".join(sorted(_MARKS))}')
    yield NextHop(
        address=str(ip_address(found["address"])),
        interface=found["interface"],
        weight=int(found["weight"]) if found["weight"] else None,
        is_installed=not marks,
        is_active="inactive" not in marks,
        marks=marks,
    )


def prefix_of(text: str) -> str:
    """Return a prefix in its canonical form; ValueError if it is none."""
    return str(ip_network(text))
