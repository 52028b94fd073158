"""What the answers to one poll show of nodes that are drained or come back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ecmpaudit.auditing.known_addresses import known_expectations
from ecmpaudit.auditing.run import Material, network_of_material, read_material
from ecmpaudit.changes.drained import KERNEL, RIB, Listed, Polled, listed_in, of_nodes, wanting_in
from ecmpaudit.changes.names import unknown_name, with_patterns_expanded
from ecmpaudit.configuration.addresses import canonical_address
from ecmpaudit.errors import ConfigurationError
from ecmpaudit.model import Node, Past
from ecmpaudit.model.addressing import is_address
from ecmpaudit.parsing.facts.capture_facts import all_facts
from ecmpaudit.platforms.registry import platforms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecmpaudit.auditing.request import Request
    from ecmpaudit.model import Capture
    from ecmpaudit.parsing.route_table import RouteTable


_LEGEND_FILTER = re.compile(r" \| include [^']*")


@dataclass(frozen=True)
class Watch:
    """Which nodes are watched on which routers, and what is known of addresses."""

    request: Request
    routers: tuple[str, ...]
    nodes: tuple[Node, ...]
    owners: dict[str, str] = field(default_factory=dict)
    """Each address that is known, with the name of its node or router."""
    known: Material = field(default_factory=Material)
    """What was read before: which addresses nodes report, and with which address their paths come."""

    @classmethod
    def of(cls, request: Request, routers: Sequence[str], names: Sequence[str], known: Material) -> Watch:
        """Return the watch over nodes by name or address.

        Raises:
            ConfigurationError: a node is not known.
        """
        expectations = known_expectations(known.facts, known.node_addresses, request, Past())
        owners = {address: node.name for node in expectations.nodes for address in node.addresses}
        of_hosts = {host.address.partition("/")[0]: host.node for host in known.facts.addresses}
        owners = {**{address: name for address, name in of_hosts.items() if address not in owners}, **owners}
        by_name = {node.name: node for node in expectations.nodes}
        nodes = tuple(_node(name, by_name, owners) for name in with_patterns_expanded(names, "", by_name))
        return cls(request, tuple(routers), nodes, owners, known)

    def polled(self, captures: Sequence[Capture]) -> Polled:
        """Return what the answers of all routers to one poll show."""
        material = read_material(
            # A command that ended well and printed nothing found no route.
            [_as_asked(capture) for capture in captures if capture.failure or capture.text.strip() or capture.file],
            only=self.request.audited,
            nodes=self.request.nodes,
            routers=self.routers,
        )
        listed = frozenset(self._listed(material.tables))
        present, unknown = of_nodes(sorted(listed, key=_key), self.nodes, self.owners)
        return Polled(
            unasked=tuple(self._unasked(captures, material)),
            present=present,
            unknown=unknown,
            wanting=tuple(dict.fromkeys(self._wanting(material))),
            listed=listed,
        )

    def _listed(self, tables: Sequence[RouteTable]) -> Iterator[Listed]:
        for table in tables:
            kind = KERNEL if platforms()[table.platform].is_forwarding_table else RIB
            yield from listed_in(table.router or "", kind, table.views())

    def _unasked(self, captures: Sequence[Capture], material: Material) -> Iterator[tuple[str, str]]:
        """Yield each router of which anything was not answered, or not understood."""
        reasons: dict[str, str] = {}
        for capture in (*captures, *material.failed, *material.unread_tables):
            if capture.failure:
                reasons.setdefault(capture.router or "", capture.failure)
        for table in material.tables:
            if table.unparsed or table.cut or table.contradicted:
                reasons.setdefault(table.router or "", f"not understood: {table.capture.command}")
        answered = {capture.router for capture in captures}
        for router in self.routers:
            if router not in answered:
                reasons.setdefault(router, "it was not asked")
        yield from reasons.items()

    def _wanting(self, material: Material) -> Iterator[str]:
        # All that is audited was asked for, so that a prefix which is not listed is missing.
        tables = tuple(replace(table, is_whole=True) for table in material.tables)
        facts = all_facts([self.known.facts, material.facts])
        addresses = self.known.node_addresses
        network = network_of_material(
            replace(material, tables=tables, facts=facts, node_addresses=addresses), self.request
        )
        seen = {table.router for table in tables}
        yield from (f"{router}: no route to any audited prefix" for router in self.routers if router not in seen)
        yield from network.unanswered
        yield from wanting_in(network.prefixes)


def _key(listed: Listed) -> tuple[str, str, str, str, str]:
    return listed.router, listed.vrf, listed.prefix, listed.table, listed.hop


def _node(text: str, by_name: dict[str, Node], owners: dict[str, str]) -> Node:
    try:
        address = canonical_address(text) if is_address(text) else text
    except ValueError as error:
        raise ConfigurationError(f"{text}: {error}") from error
    known = by_name.get(owners.get(address, address))
    if known:
        return known
    if is_address(address):
        return Node(address, frozenset({address}))
    raise ConfigurationError(unknown_name(text, "node", text, by_name))


def _as_asked(capture: Capture) -> Capture:
    """Let the command say what answered: on a router of any platform, the kernel is asked as well.

    What filtered a legend out took no route away.
    """
    return replace(capture, platform=None, command=_LEGEND_FILTER.sub("", capture.command or ""))
