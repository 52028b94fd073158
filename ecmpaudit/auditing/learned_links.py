"""What the routers of a fabric are linked with, by their next hops (`fabric.learn`).

Earlier runs that found nothing wrong come first. Of a router without any, the links are those of this run: whatever is
cut now is not expected, which the run says.
"""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING, TypeAlias

from ecmpaudit.auditing.subjects import subjects
from ecmpaudit.wording import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecmpaudit.expectations.fabric import Fabric
    from ecmpaudit.model import Facts, Node, Past
    from ecmpaudit.parsing.route_table import RouteTable

Neighbors: TypeAlias = "dict[str, frozenset[str]]"
"""The hosts that a router has as next hops, by router."""
_NAMED = 8


class Owners:
    """Which router or node an address belongs to; an address of several belongs to none."""

    def __init__(self, facts: Facts, nodes: Iterable[Node]) -> None:
        self._hosts: dict[str, set[str]] = {}
        for fact in facts.addresses:
            self._hosts.setdefault(str(ip_interface(fact.address).ip), set()).add(fact.node)
        for node in nodes:
            for address in node.addresses:
                self._hosts.setdefault(address, set()).add(node.name)

    def of(self, address: str | None) -> str | None:
        """Return the owner of an address."""
        hosts = self._hosts.get(address or "", set())
        return next(iter(hosts)) if len(hosts) == 1 else None


def earlier_neighbors(past: Past, owners: Owners) -> Neighbors:
    """Return the next hops of the last runs that found nothing wrong with them."""

    def pairs() -> Iterator[tuple[str, str | None]]:
        for (router, _, _), known in past.good.items():
            of_then = {address: node.name for node in known.nodes for address in node.addresses}
            for hop in known.next_hops:
                yield router, of_then.get(hop.address or "") or owners.of(hop.address)

    return _by_router(pairs())


def present_neighbors(tables: Sequence[RouteTable], owners: Owners) -> Neighbors:
    """Return the next hops of this run."""

    def pairs() -> Iterator[tuple[str, str | None]]:
        for subject in subjects(tables):
            hops = {
                hop.address
                for routes in subject.routes.values()
                for r in routes
                if r.is_selected
                for hop in r.installed
            }
            for address in hops:
                yield subject.label, owners.of(address)

    return _by_router(pairs())


def notes_about_links(fabric: Fabric | None, nodes: Iterable[Node]) -> Iterator[str]:
    """Yield what is not expected of a fabric, since no earlier run is known."""
    if fabric is None or not fabric.learned_now:
        return
    unlinked = [node.name for node in nodes if not fabric.above.get(node.name)]
    without = f"; no router leads to {listed(unlinked, _NAMED)}, so nothing is expected of it" if unlinked else ""
    yield (
        f"fabric: no earlier run without a fault is known of {listed(fabric.learned_now, _NAMED)}: the links are those "
        f"of this run, and a link that is cut now is not expected{without}; record runs with --record (learn: true)"
    )


def _by_router(pairs: Iterable[tuple[str, str | None]]) -> Neighbors:
    found: dict[str, set[str]] = {}
    for router, name in pairs:
        if name and name != router:
            found.setdefault(router, set()).add(name)
    return {router: frozenset(names) for router, names in found.items()}
