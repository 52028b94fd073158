"""The routes by which routers forward an address of which they have no route of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecmpaudit.auditing.prefix_index import PrefixIndex
from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.model.addressing import DEFAULT_VRF
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.model import Route
    from ecmpaudit.parsing.route_table import RouteTable

_SHOWN = 3
"""Routers that are named; most often all have the same default route."""


def forwarded_by(tables: Sequence[RouteTable], prefix: str) -> str:
    """Return by which less specific route each router forwards a prefix: `tor1 forwards it by 0.0.0.0/0 via …`.

    Empty where none of them has such a route in its default VRF.
    """
    found = list(_covering(tables, prefix))
    more = f", and {len(found) - _SHOWN:,} more routers forward it so" if len(found) > _SHOWN else ""
    return "; ".join(f"{router} forwards it by {route}" for router, route in found[:_SHOWN]) + more


def _covering(tables: Sequence[RouteTable], prefix: str) -> Iterator[tuple[str, str]]:
    for subject in subjects(tables):
        selected = {
            name: route
            for (vrf, name), routes in subject.routes.items()
            if vrf == DEFAULT_VRF and (route := next((each for each in routes if each.is_selected), None))
        }
        around = PrefixIndex(selected).covering(prefix)
        if around is not None:
            yield subject.label or "the router", _shown(selected[around])


def _shown(route: Route) -> str:
    to = f"via {listed(map(str, route.installed))}" if route.installed else route.kind
    return f"{route.prefix} ({route.protocol}) {to}"
