"""Which addresses nodes and routers have as next hops: those that they report, and those that paths have together."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_interface
from typing import TYPE_CHECKING

from ecmpaudit.auditing.learned_links import Owners, earlier_neighbors, present_neighbors
from ecmpaudit.expectations.fabric_from_configuration import fabric_of
from ecmpaudit.model.facts import NodeRoute
from ecmpaudit.model.questions import Question
from ecmpaudit.rules.messages import evidence_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.expectations.configured import Expectations
    from ecmpaudit.model import Facts, Network, Node, Past
    from ecmpaudit.parsing.route_table import RouteTable

_LOOPBACK = "lo"
_OF_SERVICES = frozenset({"kube-lb0", "kube-ipvs0"})


def known_expectations(
    facts: Facts,
    node_addresses: Mapping[str, Iterable[str]],
    request: Request,
    past: Past,
    tables: Sequence[RouteTable] = (),
) -> Expectations:
    """Return the expectations of a request, with all addresses that are known of nodes and of the fabric's routers."""
    expectations = request.expectations
    learned: dict[str, set[str]] = {name: set(own) for name, own in node_addresses.items()}
    for name, address in _of_paths(facts, expectations.nodes):
        learned.setdefault(name, set()).add(address)
    if learned:
        expectations = expectations.with_addresses(learned)
    fabric = expectations.fabric
    if fabric is None or request.configuration is None:
        return expectations
    section = request.configuration.fabric
    if section and section.learn:
        owners = Owners(facts, expectations.nodes)
        earlier, present = earlier_neighbors(past, owners), present_neighbors(tables, owners)
        fabric = fabric_of(request.configuration, {**present, **earlier}) or fabric
        learned_now = tuple(name for name in fabric.routers if name in present and name not in earlier)
        fabric = replace(fabric, learned_now=learned_now)
    own = {name: set(_reported(name, facts)) for name in fabric.routers}
    on_loopback = {name: set(_reported(name, facts, _LOOPBACK)) for name in fabric.routers}
    return expectations.with_fabric(fabric.with_routers(own, on_loopback))


def _of_paths(facts: Facts, nodes: Iterable[Node]) -> Iterator[tuple[str, str]]:
    """Yield the link-local address that comes with a node's own in an IPv6 path, with the node."""
    owners = {address: node.name for node in nodes for address in node.addresses}
    for path in facts.paths:
        if path.other_next_hop and path.next_hop in owners:
            yield owners[path.next_hop], path.other_next_hop


def _reported(host: str, facts: Facts, interface: str | None = None) -> Iterator[str]:
    """Yield the addresses that a host reports, of one interface or of all that have no services' addresses."""
    for fact in facts.addresses_of.get(host, ()):
        if (interface is None and fact.interface not in _OF_SERVICES) or fact.interface == interface:
            address = ip_interface(fact.address).ip
            if not address.is_loopback and not (interface and address.is_link_local):
                yield str(address)


def with_routes_of_fabric(network: Network, facts: Facts, expectations: Expectations) -> Facts:
    """Return the facts with what the fabric's routers have: as next hops of each other they are asked like nodes."""
    members: Mapping[str, Node] = expectations.fabric.routers if expectations.fabric else {}
    routes = tuple(
        NodeRoute(prefix.router, prefix.prefix, prefix.selected.protocol, line)
        for prefix in network.prefixes
        if prefix.router in members and prefix.selected
        for line in evidence_of([prefix.selected])[:1]
    )
    answered = {
        (state.name, Question.NODE_ROUTES, family)
        for state in network.routers
        if state.name in members
        for family in state.whole_families
    }
    return replace(facts, node_routes=(*facts.node_routes, *routes), answered=facts.answered | answered)
