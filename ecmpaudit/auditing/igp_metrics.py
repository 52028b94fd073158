"""The IGP metric to the next hop of an iBGP path, from the router's own route to it: FRR's list of paths has none."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

from ecmpaudit.auditing.prefix_index import PrefixIndex
from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.model.addressing import is_link_local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecmpaudit.model import Facts, Route
    from ecmpaudit.model.facts import BgpPath
    from ecmpaudit.parsing.route_table import RouteTable

_INTERIOR = frozenset({"ospf", "ospf6", "isis", "rip", "ripng", "eigrp", "babel"})
"""Protocols whose metric is that of the next hop; a static route's, or BGP's own, is none."""
_Place = tuple[str, str, str]
"""Router, VRF and next hop."""


def with_igp_metrics(facts: Facts, tables: Sequence[RouteTable]) -> Facts:
    """Return the facts with the metric of each iBGP path whose output shows none, where the route to it is known."""
    wanted = {_place(path) for path in facts.paths if _is_open(path)}
    if not wanted:
        return facts
    metrics = _metrics(wanted, tables)
    paths = tuple(
        replace(path, igp_metric=metrics[_place(path)]) if _is_open(path) and _place(path) in metrics else path
        for path in facts.paths
    )
    return replace(facts, paths=paths)


def _is_open(path: BgpPath) -> bool:
    return path.is_internal is True and path.igp_metric is None and not is_link_local(path.next_hop)


def _place(path: BgpPath) -> _Place:
    return path.router, path.vrf, path.next_hop


def _metrics(wanted: set[_Place], tables: Sequence[RouteTable]) -> dict[_Place, int]:
    next_hops: dict[str, dict[str, list[str]]] = {}
    for router, vrf, next_hop in wanted:
        next_hops.setdefault(router, {}).setdefault(vrf, []).append(next_hop)
    found: dict[_Place, int] = {}
    for subject in subjects([table for table in tables if table.router in next_hops]):
        for vrf, of_vrf in next_hops.get(subject.label, {}).items():
            routes = {prefix: own for (own_vrf, prefix), own in subject.routes.items() if own_vrf == vrf}
            index = PrefixIndex(routes)
            for next_hop in of_vrf:
                host = str(ip_network(next_hop))
                around = host if host in routes else index.covering(host)
                route = _selected(routes.get(around or "", ()))
                if route and route.protocol in _INTERIOR and route.metric is not None:
                    found[subject.label, vrf, next_hop] = route.metric
    return found


def _selected(routes: Sequence[Route]) -> Route | None:
    return next((route for route in routes if route.is_selected), None)
